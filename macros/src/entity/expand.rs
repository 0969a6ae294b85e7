//! The code of an entity.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, ext::IdentExt as _, spanned::Spanned as _};

use super::model::{Entity, Field};
use crate::{
    column::{
        expand::{column_type, from_row},
        model::Form,
    },
    path::{located, private, private_at},
    types,
};

pub(super) fn entity(entity: &Entity) -> TokenStream {
    let w = private();
    let owner = &entity.ident;
    let columns = format_ident!("{}Columns", owner.unraw(), span = owner.span());
    let structure = columns_structure(entity, &columns);
    let table = table(entity);
    let columns_of_row: Vec<_> = entity.fields.iter().map(|field| &field.column).collect();
    let from_row = from_row(owner, &columns_of_row);
    let implementation = implementation(entity, &columns);
    let references = entity
        .stored()
        .filter_map(|field| reference_check(owner, field));
    quote! {
        const _: () = {
            #structure

            const TABLE: &#w::Table = #table;

            #[allow(private_interfaces)]
            impl #owner {
                /// The columns, for filters and orders.
                pub const fn columns() -> &'static #columns {
                    FIELDS
                }
            }

            #from_row
            #implementation
            #(#references)*
        };
    }
}

/// The structure with a field for each column, and its one value.
fn columns_structure(entity: &Entity, columns: &Ident) -> TokenStream {
    let w = private();
    let owner = &entity.ident;
    let names: Vec<_> = entity.stored().map(|field| &field.column.ident).collect();
    let types = entity.stored().map(|field| column_type(&field.column));
    let places = (0..names.len()).map(Literal::usize_unsuffixed);
    quote! {
        #[doc(hidden)]
        #[allow(
            missing_docs,
            missing_debug_implementations,
            non_camel_case_types,
            non_snake_case,
            private_interfaces,
            unreachable_pub
        )]
        pub struct #columns {
            #(pub #names: #w::Column<#owner, #types>,)*
        }

        const FIELDS: &#columns = &#columns {
            #(#names: #w::Column::at(#places),)*
        };
    }
}

fn table(entity: &Entity) -> TokenStream {
    let w = private();
    let name = entity.ident.unraw().to_string();
    let table = &entity.table;
    let columns = entity.stored().map(column_definition);
    let id = Literal::usize_unsuffixed(entity.id);
    let id_generated = entity.id_generated;
    let [version, created_at, updated_at] = [entity.version, entity.created_at, entity.updated_at]
        .map(|place| match place {
            Some(place) => {
                let place = Literal::usize_unsuffixed(place);
                quote!(::core::option::Option::Some(#place))
            }
            None => quote!(::core::option::Option::None),
        });
    quote! {
        &#w::Table {
            entity: #name,
            name: #table,
            columns: &[#(#columns),*],
            id: #id,
            id_generated: #id_generated,
            version: #version,
            created_at: #created_at,
            updated_at: #updated_at,
        }
    }
}

fn column_definition(field: &Field) -> TokenStream {
    let w = private_at(field.column.ty.span());
    let (name, ty) = (&field.column.name, column_type(&field.column));
    let unique = field.unique.then(|| quote!(.unique()));
    let indexed = field.indexed.then(|| quote!(.indexed()));
    let references = field.belongs_to.as_ref().map(|owner| {
        let w = private_at(owner.span());
        quote!(.references(|| <#owner as #w::Entity>::TABLE))
    });
    let set_to_now = field.set_to_now.then(|| quote!(.set_to_now::<#ty>()));
    quote!(#w::ColumnDef::new::<#ty>(#name) #unique #indexed #references #set_to_now)
}

fn implementation(entity: &Entity, columns: &Ident) -> TokenStream {
    let w = private();
    let owner = &entity.ident;
    let id = entity.stored().nth(entity.id).map(|field| &field.column);
    let (id, id_type) = (id.map(|id| &id.ident), id.map(|id| &id.ty));
    let params = entity.stored().map(|field| {
        let (ident, span) = (&field.column.ident, located(field.column.ty.span()));
        let w = private_at(span);
        match field.column.form {
            Form::Json => quote_spanned!(span=> #w::json_param(&self.#ident)?),
            Form::Plain | Form::Skipped => {
                quote_spanned!(span=> #w::Value::to_param(&self.#ident)?)
            }
        }
    });
    quote! {
        impl #w::Entity for #owner {
            type Id = #id_type;
            type Columns = #columns;

            const TABLE: &'static #w::Table = TABLE;
            const FIELDS: &'static #columns = FIELDS;

            fn id(&self) -> &#id_type {
                &self.#id
            }

            fn params(&self) -> #w::Result<::std::vec::Vec<#w::Param<'_>>> {
                #w::Result::Ok(::std::vec![#(#params),*])
            }

            fn statements() -> &'static #w::StatementCache {
                static CACHE: #w::StatementCache = #w::StatementCache::new();
                &CACHE
            }
        }
    }
}

/// A function that compiles only if the field's type is the id of what it belongs to.
fn reference_check(owner: &Ident, field: &Field) -> Option<TokenStream> {
    let referenced = field.belongs_to.as_ref()?;
    let (ident, ty) = (&field.column.ident, &field.column.ty);
    let span = located(ty.span());
    let w = private_at(span);
    let id = quote_spanned!(span=> <#referenced as #w::Entity>::Id);
    let wanted = match types::inner(ty, "Option") {
        Some(_) => quote_spanned!(span=> ::core::option::Option<#id>),
        None => id,
    };
    Some(quote_spanned! {span=>
        const _: fn(&#owner) -> &#wanted = |row| &row.#ident;
    })
}
