//! An entity whose parts fit together.

use proc_macro2::Span;
use syn::{DeriveInput, Ident, Path, ext::IdentExt as _};

use super::attrs::{EntityWords, FieldWords};
use crate::{
    case::snake_case,
    column::{Column, model::refuse_duplicates, named_fields},
    errors::Errors,
};

/// An entity.
pub(super) struct Entity {
    pub(super) ident: Ident,
    /// The table's name in the database.
    pub(super) table: String,
    /// All fields, the ones that aren't stored too.
    pub(super) fields: Vec<Field>,
    /// Places among the stored fields.
    pub(super) id: usize,
    pub(super) id_generated: bool,
    pub(super) version: Option<usize>,
    pub(super) created_at: Option<usize>,
    pub(super) updated_at: Option<usize>,
}

/// A field of an entity.
pub(super) struct Field {
    pub(super) column: Column,
    pub(super) unique: bool,
    pub(super) indexed: bool,
    /// Wharf sets it to the time of the write.
    pub(super) set_to_now: bool,
    pub(super) belongs_to: Option<Path>,
}

impl Entity {
    /// # Errors
    /// All mistakes, each at its word.
    pub(super) fn read(input: &DeriveInput) -> syn::Result<Self> {
        let mut errors = Errors::default();
        let words = EntityWords::read(&input.attrs, &mut errors);
        let mut fields = Vec::new();
        let mut stored = Vec::new();
        for (ident, field) in named_fields(input, "Entity", &mut errors) {
            let words = FieldWords::read(&field.attrs, &mut errors);
            let column = Column::new(ident, &field.ty, &words.column, &mut errors);
            refuse_contradictions(&words, &mut errors);
            if column.is_stored() {
                stored.push((ident, words));
            }
            fields.push(column);
        }
        let table = match &words.table {
            Some(table) => {
                check_table(&table.value(), table.span(), &mut errors);
                table.value()
            }
            None => format!("{}s", snake_case(&input.ident.unraw().to_string())),
        };
        refuse_duplicates(
            &fields
                .iter()
                .filter(|column| column.is_stored())
                .collect::<Vec<_>>(),
            &mut errors,
        );
        let version = only("version", &stored, |words| words.version, &mut errors);
        let created_at = only("created_at", &stored, |words| words.created_at, &mut errors);
        let updated_at = only("updated_at", &stored, |words| words.updated_at, &mut errors);
        let id = only(
            "id",
            &stored,
            |words| words.id.as_ref().map(|id| id.span),
            &mut errors,
        );
        // While a word is misspelt, the id may be what it meant.
        if id.is_none() && errors.is_empty() {
            errors.at(
                input.ident.span(),
                "an entity needs one field marked `#[id]` or `#[id(generated)]`",
            );
        }
        let id = id.unwrap_or_default();
        let id_words = stored.get(id).and_then(|(_, words)| words.id.as_ref());
        let id_generated = id_words.is_some_and(|id| id.generated);
        let mut words = stored.into_iter().map(|(_, words)| words);
        let fields = fields
            .into_iter()
            .map(|column| {
                let words = if column.is_stored() {
                    words.next()
                } else {
                    None
                };
                Field::new(column, words.unwrap_or_default())
            })
            .collect();
        errors.or(Some(Self {
            ident: input.ident.clone(),
            table,
            fields,
            id,
            id_generated,
            version,
            created_at,
            updated_at,
        }))
    }

    /// The fields that have a column.
    pub(super) fn stored(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.column.is_stored())
    }
}

impl Field {
    fn new(column: Column, words: FieldWords) -> Self {
        Self {
            column,
            unique: words.unique.is_some(),
            indexed: words.index.is_some(),
            set_to_now: words.created_at.is_some() || words.updated_at.is_some(),
            belongs_to: words.belongs_to.map(|word| word.entity),
        }
    }
}

/// The place of the one field that is marked; notes a second one.
fn only(
    mark: &str,
    stored: &[(&Ident, FieldWords)],
    span_of: impl Fn(&FieldWords) -> Option<Span>,
    errors: &mut Errors,
) -> Option<usize> {
    let mut found: Option<usize> = None;
    for (place, (_, words)) in stored.iter().enumerate() {
        let Some(span) = span_of(words) else {
            continue;
        };
        match found {
            Some(first) => {
                let first = stored[first].0;
                errors.at(
                    span,
                    format!("`#[{mark}]` marks one field, and it marks `{first}` already"),
                );
            }
            None => found = Some(place),
        }
    }
    found
}

fn check_table(name: &str, span: Span, errors: &mut Errors) {
    let parts: Vec<_> = name.split('.').collect();
    if parts.len() > 2 || parts.iter().any(|part| part.is_empty()) {
        errors.at(
            span,
            format!("`{name}` is no table: expected `\"accounts\"`, or with a schema `\"bank.accounts\"`"),
        );
    }
}

/// Notes marks on one field that can't hold together: each is told at the later one of the pair.
fn refuse_contradictions(words: &FieldWords, errors: &mut Errors) {
    let id = words.id.as_ref().map(|id| id.span);
    let belongs_to = words.belongs_to.as_ref().map(|word| word.span);
    let (json, skip) = (words.column.json, words.column.skip);
    let roles = [
        ("#[id]", id),
        ("#[version]", words.version),
        ("#[created_at]", words.created_at),
        ("#[updated_at]", words.updated_at),
    ];
    let marks = [
        ("#[unique]", words.unique),
        ("#[index]", words.index),
        ("#[belongs_to]", belongs_to),
    ];
    let mut refuse =
        |(one, _): (&str, Option<Span>), (other, span): (&str, Option<Span>), why: &str| {
            if let Some(span) = span {
                errors.at(
                    span,
                    format!("a field can't be `{one}` and `{other}`: {why}"),
                );
            }
        };
    for (place, &role) in roles.iter().enumerate() {
        if role.1.is_none() {
            continue;
        }
        for &other in &roles[place + 1..] {
            refuse(role, other, "each of them is written in its own way");
        }
        refuse(role, ("json", json), "Wharf has to know the value");
    }
    for marked in roles.into_iter().chain(marks) {
        if marked.1.is_some() {
            refuse(marked, ("skip", skip), "a skipped field has no column");
        }
    }
    for mark in marks {
        if mark.1.is_some() {
            refuse(mark, ("json", json), "a JSON document isn't compared");
        }
    }
    if id.is_some() {
        refuse(roles[0], marks[0], "an id is unique already");
        refuse(roles[0], marks[1], "an id has an index already");
    } else if words.unique.is_some() {
        refuse(marks[0], marks[1], "what is unique has an index already");
    }
    if words.id.as_ref().is_some_and(|id| id.generated) {
        let generated = ("#[id(generated)]", id);
        refuse(
            generated,
            marks[2],
            "the database can't assign another row's id",
        );
    }
    if words.version.is_some() {
        refuse(roles[1], marks[2], "a version counts updates");
    }
}
