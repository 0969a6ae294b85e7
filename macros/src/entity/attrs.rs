//! The words on an entity and on its fields.

use proc_macro2::Span;
use syn::{Attribute, LitStr, Meta, Path, spanned::Spanned as _};

use crate::{
    column::ColumnWords,
    errors::Errors,
    word::{Word, path_name, set_once},
};

/// What `#[entity(..)]` says.
#[derive(Default)]
pub(super) struct EntityWords {
    pub(super) table: Option<LitStr>,
}

impl EntityWords {
    pub(super) fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut words = Self::default();
        for attribute in attributes {
            if !attribute.path().is_ident("entity") {
                continue;
            }
            for word in Word::all(attribute, errors) {
                if word.name == "table" {
                    if let Some(table) = word.text("accounts", errors) {
                        set_once(&mut words.table, table, &word.name, errors);
                    }
                } else {
                    word.unknown("entity attribute", &["table = \"...\""], errors);
                }
            }
        }
        words
    }
}

/// What the attributes of one field say.
#[derive(Default)]
pub(super) struct FieldWords {
    pub(super) id: Option<IdWord>,
    pub(super) version: Option<Span>,
    pub(super) created_at: Option<Span>,
    pub(super) updated_at: Option<Span>,
    pub(super) unique: Option<Span>,
    pub(super) index: Option<Span>,
    pub(super) belongs_to: Option<BelongsTo>,
    pub(super) column: ColumnWords,
}

/// `#[id]` or `#[id(generated)]`.
#[derive(Debug)]
pub(super) struct IdWord {
    pub(super) span: Span,
    pub(super) generated: bool,
}

/// `#[belongs_to(Customer)]`.
pub(super) struct BelongsTo {
    pub(super) span: Span,
    pub(super) entity: Path,
}

impl FieldWords {
    pub(super) fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut words = Self::default();
        for attribute in attributes {
            words.add(attribute, errors);
        }
        words
    }

    fn add(&mut self, attribute: &Attribute, errors: &mut Errors) {
        let Some(name) = attribute.path().get_ident() else {
            return;
        };
        let span = name.span();
        match name.to_string().as_str() {
            "id" => {
                let generated = generated(attribute, errors);
                set_once(&mut self.id, IdWord { span, generated }, name, errors);
            }
            "version" => flag(&mut self.version, attribute, errors),
            "created_at" => flag(&mut self.created_at, attribute, errors),
            "updated_at" => flag(&mut self.updated_at, attribute, errors),
            "unique" => flag(&mut self.unique, attribute, errors),
            "index" => flag(&mut self.index, attribute, errors),
            "tenant" => errors.on(attribute, "`#[tenant]` is not supported yet"),
            "belongs_to" => match attribute.parse_args::<Path>() {
                Ok(entity) => {
                    let belongs_to = BelongsTo { span, entity };
                    set_once(&mut self.belongs_to, belongs_to, name, errors);
                }
                Err(_) => errors.on(
                    attribute,
                    "expected the entity that is meant: `#[belongs_to(Customer)]`",
                ),
            },
            "column" => self.column.read(attribute, errors),
            _ => {}
        }
    }
}

fn generated(attribute: &Attribute, errors: &mut Errors) -> bool {
    let mut generated = None;
    for word in Word::all(attribute, errors) {
        if word.name == "generated" {
            word.flag(errors);
            set_once(&mut generated, (), &word.name, errors);
        } else {
            word.unknown("id attribute", &["generated"], errors);
        }
    }
    generated.is_some()
}

fn flag(slot: &mut Option<Span>, attribute: &Attribute, errors: &mut Errors) {
    let name = path_name(attribute.path());
    if !matches!(attribute.meta, Meta::Path(_)) {
        errors.on(
            &attribute.meta,
            format!("expected `#[{name}]` and nothing else"),
        );
    }
    if slot.is_some() {
        errors.on(attribute.path(), format!("`{name}` is given twice"));
    }
    slot.get_or_insert(attribute.path().span());
}
