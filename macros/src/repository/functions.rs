//! The functions that every repository has.
//!
//! None is an `async fn`, which couldn't know the line that calls it.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::Repository;
use crate::path::private;

/// `impl Repository`, and the functions.
pub(super) fn functions(repository: &Repository) -> TokenStream {
    let w = private();
    let Repository { ident, entity } = repository;
    let reading = reading(entity);
    let writing = writing(entity);
    let many = many(entity);
    quote! {
        const _: () = {
            impl #w::Repository for #ident {
                type Entity = #entity;
            }

            #[allow(dead_code)]
            impl #ident {
                #reading
                #writing
                #many
            }
        };
    }
}

/// What reads one row, or a few by their ids.
fn reading(entity: &syn::Path) -> TokenStream {
    let w = private();
    let id = quote!(<#entity as #w::Entity>::Id);
    quote! {
        /// The entity with an id, or `None`.
        ///
        /// # Errors
        /// Those of the database. Cancel safe: it only reads.
        #[track_caller]
        pub fn find(
            db: &impl #w::Executor,
            id: impl ::core::convert::Into<#id>,
        ) -> impl #w::Future<Output = #w::Result<::core::option::Option<#entity>>> {
            #w::crud::find::<#entity>(#w::target(db), id.into())
        }

        /// The entity with an id.
        ///
        /// # Errors
        /// `ErrorKind::NotFound` when it is absent, else those of the database. Cancel safe: it only reads.
        #[track_caller]
        pub fn get(
            db: &impl #w::Executor,
            id: impl ::core::convert::Into<#id>,
        ) -> impl #w::Future<Output = #w::Result<#entity>> {
            #w::crud::get::<#entity>(#w::target(db), id.into())
        }

        /// The entities with these ids, in the order asked; absent ones are left out.
        ///
        /// # Errors
        /// Those of the database. Cancel safe: it only reads.
        #[track_caller]
        pub fn find_many(
            db: &impl #w::Executor,
            ids: &[impl ::core::convert::Into<#id> + ::core::clone::Clone],
        ) -> impl #w::Future<Output = #w::Result<::std::vec::Vec<#entity>>> {
            #w::crud::find_many::<#entity>(#w::target(db), #w::ids::<#entity, _>(ids))
        }

        /// Whether there is an entity with this id.
        ///
        /// # Errors
        /// Those of the database. Cancel safe: it only reads.
        #[track_caller]
        pub fn exists(
            db: &impl #w::Executor,
            id: impl ::core::convert::Into<#id>,
        ) -> impl #w::Future<Output = #w::Result<bool>> {
            #w::crud::exists::<#entity>(#w::target(db), id.into())
        }
    }
}

/// What writes, by entity or by id.
fn writing(entity: &syn::Path) -> TokenStream {
    let w = private();
    let id = quote!(<#entity as #w::Entity>::Id);
    quote! {
        /// Stores a new entity, and returns it as stored: with its generated id, version and times.
        ///
        /// # Errors
        /// `ErrorKind::Constraint` when a constraint refuses it, else those of the database.
        /// Dropped early, it is stored or not.
        #[track_caller]
        pub fn insert(db: &impl #w::WriteExecutor, entity: &#entity) -> impl #w::Future<Output = #w::Result<#entity>> {
            #w::crud::insert::<#entity>(#w::target(db), entity)
        }

        /// Stores new entities in one statement, and returns them as stored, in the same order.
        ///
        /// # Errors
        /// `ErrorKind::Constraint` when a constraint refuses one, else those of the database.
        /// Dropped early, all are stored or none.
        #[track_caller]
        pub fn insert_many(
            db: &impl #w::WriteExecutor,
            entities: &[#entity],
        ) -> impl #w::Future<Output = #w::Result<::std::vec::Vec<#entity>>> {
            #w::crud::insert_many::<#entity>(#w::target(db), entities)
        }

        /// Writes an entity's columns, and returns it as stored: with its new version and time.
        ///
        /// # Errors
        /// `ErrorKind::Stale` when its version moved on, `ErrorKind::NotFound` when it is absent, else those of the
        /// database. Dropped early, it is updated or not.
        #[track_caller]
        pub fn update(db: &impl #w::WriteExecutor, entity: &#entity) -> impl #w::Future<Output = #w::Result<#entity>> {
            #w::crud::update::<#entity>(#w::target(db), entity)
        }

        /// Writes the columns of several entities in one statement, all or none, and returns them as stored.
        ///
        /// # Errors
        /// `ErrorKind::Stale` when the version of one moved on, `ErrorKind::NotFound` when one is absent, else those
        /// of the database. Dropped early, all are updated or none.
        #[track_caller]
        pub fn update_many(
            db: &impl #w::WriteExecutor,
            entities: &[#entity],
        ) -> impl #w::Future<Output = #w::Result<::std::vec::Vec<#entity>>> {
            #w::crud::update_many::<#entity>(#w::target(db), entities)
        }

        /// Stores an entity, or writes the columns of the one with its id, and returns it as stored.
        ///
        /// # Errors
        /// `ErrorKind::Constraint` when a constraint refuses it, else those of the database.
        /// Dropped early, it is stored or not.
        #[track_caller]
        pub fn upsert(db: &impl #w::WriteExecutor, entity: &#entity) -> impl #w::Future<Output = #w::Result<#entity>> {
            #w::crud::upsert::<#entity>(#w::target(db), entity)
        }

        /// Deletes the entity with an id, and says whether there was one.
        ///
        /// # Errors
        /// Those of the database. Dropped early, it is deleted or not.
        #[track_caller]
        pub fn delete(
            db: &impl #w::WriteExecutor,
            id: impl ::core::convert::Into<#id>,
        ) -> impl #w::Future<Output = #w::Result<bool>> {
            #w::crud::delete::<#entity>(#w::target(db), id.into())
        }

        /// Deletes the entities with these ids, and says how many there were.
        ///
        /// # Errors
        /// Those of the database. Dropped early, all are deleted or none.
        #[track_caller]
        pub fn delete_many(
            db: &impl #w::WriteExecutor,
            ids: &[impl ::core::convert::Into<#id> + ::core::clone::Clone],
        ) -> impl #w::Future<Output = #w::Result<u64>> {
            #w::crud::delete_many::<#entity>(#w::target(db), #w::ids::<#entity, _>(ids))
        }
    }
}

/// What reads any number of rows.
fn many(entity: &syn::Path) -> TokenStream {
    let w = private();
    quote! {
        /// All entities, ordered by id.
        ///
        /// # Errors
        /// Those of the database. Cancel safe: it only reads.
        #[track_caller]
        pub fn all(db: &impl #w::Executor) -> impl #w::Future<Output = #w::Result<::std::vec::Vec<#entity>>> {
            #w::crud::all::<#entity>(#w::target(db))
        }

        /// How many entities there are.
        ///
        /// # Errors
        /// Those of the database. Cancel safe: it only reads.
        #[track_caller]
        pub fn count(db: &impl #w::Executor) -> impl #w::Future<Output = #w::Result<u64>> {
            #w::crud::count::<#entity>(#w::target(db))
        }

        /// One page of all entities, ordered by id, with their total; the first page is number 0.
        ///
        /// # Errors
        /// Those of the database. Cancel safe: it only reads.
        #[track_caller]
        pub fn page(
            db: &impl #w::Executor,
            number: u64,
            size: u64,
        ) -> impl #w::Future<Output = #w::Result<#w::Page<#entity>>> {
            #w::crud::page::<#entity>(#w::target(db), number, size)
        }

        /// The entities after a cursor, or the first ones, ordered by id; with the cursor of the next ones.
        ///
        /// # Errors
        /// Those of the database. Cancel safe: it only reads.
        #[track_caller]
        pub fn after(
            db: &impl #w::Executor,
            cursor: ::core::option::Option<&#w::Cursor>,
            size: u64,
        ) -> impl #w::Future<Output = #w::Result<#w::Slice<#entity>>> {
            #w::crud::after::<#entity>(#w::target(db), cursor, size)
        }

        /// All entities, one after the other as they arrive.
        ///
        /// An item is an error when the database fails. Cancel safe: it only reads.
        #[track_caller]
        pub fn stream(db: &impl #w::Executor) -> #w::RowsStream<#entity> {
            #w::crud::stream::<#entity>(#w::target(db))
        }

        /// The entities that meet a condition, to be ordered, limited and read.
        pub fn filter(
            condition: impl ::core::ops::FnOnce(
                &'static <#entity as #w::Entity>::Columns,
            ) -> #w::Filter<#entity>,
        ) -> #w::Select<#entity> {
            #w::Select::new(condition(<#entity as #w::Entity>::FIELDS))
        }
    }
}
