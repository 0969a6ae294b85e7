use expect_test::expect;
use syn::{File, Item};

use super::attribute;
use crate::pretty::{mistakes, pretty};

#[test]
fn a_unit_struct_gets_the_functions_of_a_repository() {
    let tokens = attribute(
        "Account".parse().unwrap(),
        "/// All accounts.\npub struct Accounts;".parse().unwrap(),
    );
    let text = pretty(&tokens);
    let first: Vec<_> = text.lines().take(40).collect();
    expect![[r#"
        /// All accounts.
        pub struct Accounts;
        const _: () = {
            impl w::Repository for Accounts {
                type Entity = Account;
            }
            #[allow(dead_code)]
            impl Accounts {
                /// The entity with an id, or `None`.
                ///
                /// # Errors
                /// Those of the database. Cancel safe: it only reads.
                #[track_caller]
                pub fn find(
                    db: &impl w::Executor,
                    id: impl ::core::convert::Into<<Account as w::Entity>::Id>,
                ) -> impl w::Future<Output = w::Result<::core::option::Option<Account>>> {
                    w::crud::find::<Account>(w::target(db), id.into())
                }
                /// The entity with an id.
                ///
                /// # Errors
                /// `ErrorKind::NotFound` when it is absent, else those of the database. Cancel safe: it only reads.
                #[track_caller]
                pub fn get(
                    db: &impl w::Executor,
                    id: impl ::core::convert::Into<<Account as w::Entity>::Id>,
                ) -> impl w::Future<Output = w::Result<Account>> {
                    w::crud::get::<Account>(w::target(db), id.into())
                }
                /// The entities with these ids, in the order asked; absent ones are left out.
                ///
                /// # Errors
                /// Those of the database. Cancel safe: it only reads.
                #[track_caller]
                pub fn find_many(
                    db: &impl w::Executor,
                    ids: &[impl ::core::convert::Into<
                        <Account as w::Entity>::Id,
                    > + ::core::clone::Clone],"#]].assert_eq(&first.join("\n"));
    let names: Vec<_> = text
        .lines()
        .filter_map(|line| {
            line.trim()
                .strip_prefix("pub async fn ")
                .or(line.trim().strip_prefix("pub fn "))
        })
        .filter_map(|rest| rest.split('(').next())
        .collect();
    expect!["find get find_many exists insert insert_many update update_many upsert delete delete_many all count page after stream filter"].assert_eq(&names.join(" "));
}

#[test]
fn the_struct_itself_is_left_as_it_is() {
    let tokens = attribute(
        "Account".parse().unwrap(),
        "#[derive(Debug)] struct Accounts;".parse().unwrap(),
    );
    let file: File = syn::parse2(tokens).unwrap();
    assert!(matches!(&file.items[0], Item::Struct(item) if item.attrs.len() == 1));
}

#[test]
fn what_is_no_repository_is_refused() {
    let cases = [
        ("", "struct A;"),
        ("Account", "struct A { a: i64 }"),
        ("Account", "struct A();"),
        ("Account", "struct A<T>;"),
        ("Account, cached(ttl = \"5m\")", "struct A;"),
        ("Account, table = \"a\"", "struct A;"),
        ("\"accounts\"", "struct A;"),
        ("Account", "enum A {}"),
        ("Account", "impl A {}"),
        ("", "impl Debug for A {}"),
        ("", "impl<T> A<T> {}"),
        ("", "impl &A {}"),
    ];
    let told: String = cases
        .iter()
        .map(|(arguments, item)| {
            let tokens = attribute(arguments.parse().unwrap(), item.parse().unwrap());
            format!("{arguments} {item}\n    {}", mistakes(tokens))
        })
        .collect();
    expect![[r#"
         struct A;
            of which entity? `#[repository(Account)]`
        Account struct A { a: i64 }
            a repository holds nothing: end the struct with `;`    <- { a: i64 }
        Account struct A();
            a repository holds nothing: end the struct with `;`    <- ()
        Account struct A<T>;
            a repository has no generics    <- <T>
        Account, cached(ttl = "5m") struct A;
            `cached` is not supported yet    <- cached
        Account, table = "a" struct A;
            unknown repository argument `table`, expected the entity alone    <- table
        "accounts" struct A;
            expected the entity: `#[repository(Account)]`    <- "accounts"
        Account enum A {}
            `#[repository]` goes on a unit struct, `#[repository(Account)] struct Accounts;`, or on an `impl` block
        Account impl A {}
            the entity is named at the struct, `#[repository(Account)] struct Accounts;`: here it is `#[repository]` alone    <- Account
         impl Debug for A {}
            `#[repository]` goes on an `impl` of the repository itself, not of a trait    <- Debug
         impl<T> A<T> {}
            a repository has no generics    <- <T>
         impl &A {}
            expected the name of a repository    <- &A
    "#]].assert_eq(&told);
}
