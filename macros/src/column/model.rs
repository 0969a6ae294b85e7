//! A field, and the column it is read from.

use std::collections::HashMap;

use syn::{Data, DeriveInput, Field, Fields, Ident, Type, ext::IdentExt as _};

use super::ColumnWords;
use crate::errors::Errors;

/// A field, and the column it is read from.
pub(crate) struct Column {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// The column's name in the database.
    pub(crate) name: String,
    pub(crate) form: Form,
}

/// How a field's value is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As a value of its type.
    Plain,
    /// As a JSON document.
    Json,
    /// Not at all: it gets its type's default.
    Skipped,
}

impl Column {
    /// The column of a named field.
    pub(crate) fn new(ident: &Ident, ty: &Type, words: &ColumnWords, errors: &mut Errors) -> Self {
        if let (Some(skip), Some(_)) = (words.skip, words.json) {
            errors.at(
                skip,
                "a skipped field isn't stored, so not as `json` either",
            );
        }
        if let (Some(skip), Some(_)) = (words.skip, &words.name) {
            errors.at(skip, "a skipped field has no column, so no `name` either");
        }
        let name = match &words.name {
            Some(name) => {
                if name.value().is_empty() {
                    errors.at(name.span(), "a column's name can't be empty");
                }
                name.value()
            }
            None => ident.unraw().to_string(),
        };
        let form = match (words.skip, words.json) {
            (Some(_), _) => Form::Skipped,
            (None, Some(_)) => Form::Json,
            (None, None) => Form::Plain,
        };
        Self {
            ident: ident.clone(),
            ty: ty.clone(),
            name,
            form,
        }
    }

    /// Whether there is a column at all.
    pub(crate) fn is_stored(&self) -> bool {
        self.form != Form::Skipped
    }
}

/// The named fields of a structure without generics; notes why there are none otherwise.
pub(crate) fn named_fields<'a>(
    input: &'a DeriveInput,
    derive: &str,
    errors: &mut Errors,
) -> Vec<(&'a Ident, &'a Field)> {
    refuse_generics(input, derive, errors);
    match &input.data {
        Data::Struct(structure) => match &structure.fields {
            Fields::Named(fields) => {
                return fields
                    .named
                    .iter()
                    .filter_map(|field| Some((field.ident.as_ref()?, field)))
                    .collect();
            }
            Fields::Unnamed(_) | Fields::Unit => errors.at(
                input.ident.span(),
                format!("`{derive}` is derived for a structure with named fields: its columns need names"),
            ),
        },
        Data::Enum(_) | Data::Union(_) => errors.at(
            input.ident.span(),
            format!("`{derive}` is derived for a structure with named fields"),
        ),
    }
    Vec::new()
}

/// Notes that a type has generics.
pub(crate) fn refuse_generics(input: &DeriveInput, derive: &str, errors: &mut Errors) {
    if !input.generics.params.is_empty() {
        errors.on(
            &input.generics,
            format!("`{derive}` is derived for a type without generics"),
        );
    }
}

/// Notes columns that two fields share.
pub(crate) fn refuse_duplicates(columns: &[&Column], errors: &mut Errors) {
    let mut known = HashMap::new();
    for column in columns {
        if let Some(first) = known.insert(column.name.as_str(), &column.ident) {
            errors.at(
                column.ident.span(),
                format!(
                    "column `{}` belongs to field `{first}` already",
                    column.name
                ),
            );
        }
    }
}
