//! A row whose parts fit together. Its fields' words are `column/`'s.

use syn::{DeriveInput, Ident};

use crate::{
    column::{Column, ColumnWords, model::refuse_duplicates, named_fields},
    errors::Errors,
};

/// A structure that is read from a row.
pub(super) struct Row {
    pub(super) ident: Ident,
    pub(super) columns: Vec<Column>,
}

impl Row {
    /// # Errors
    /// All mistakes, each at its word.
    pub(super) fn read(input: &DeriveInput) -> syn::Result<Self> {
        let mut errors = Errors::default();
        let mut columns = Vec::new();
        for (ident, field) in named_fields(input, "Row", &mut errors) {
            let mut words = ColumnWords::default();
            for attribute in &field.attrs {
                if attribute.path().is_ident("column") {
                    words.read(attribute, &mut errors);
                }
            }
            columns.push(Column::new(ident, &field.ty, &words, &mut errors));
        }
        let stored: Vec<_> = columns.iter().filter(|column| column.is_stored()).collect();
        refuse_duplicates(&stored, &mut errors);
        if stored.is_empty() && errors.is_empty() {
            errors.at(input.ident.span(), "a row needs at least one column");
        }
        errors.or(Some(Self {
            ident: input.ident.clone(),
            columns,
        }))
    }
}
