//! A repository whose parts fit together.

use proc_macro2::Span;
use syn::{Fields, Ident, ItemStruct, Path};

use super::attrs::Arguments;
use crate::errors::Errors;

/// A unit struct, and the entity that it gives access to.
pub(super) struct Repository {
    pub(super) ident: Ident,
    pub(super) entity: Path,
}

impl Repository {
    /// `None` if it can't be made; the mistakes are in `errors`.
    pub(super) fn read(
        arguments: &Arguments,
        item: &ItemStruct,
        errors: &mut Errors,
    ) -> Option<Self> {
        if !matches!(item.fields, Fields::Unit) {
            errors.on(
                &item.fields,
                "a repository holds nothing: end the struct with `;`",
            );
        }
        let has_generics = !item.generics.params.is_empty();
        if has_generics {
            errors.on(&item.generics, "a repository has no generics");
        }
        if arguments.entity.is_none() && errors.is_empty() {
            errors.at(
                Span::call_site(),
                "of which entity? `#[repository(Account)]`",
            );
        }
        let entity = arguments.entity.clone().filter(|_| !has_generics)?;
        Some(Self {
            ident: item.ident.clone(),
            entity,
        })
    }
}
