use expect_test::{Expect, expect};

use super::derive;
use crate::pretty::{mistakes, pretty};

fn expands(source: &str, expected: Expect) {
    expected.assert_eq(&pretty(&derive(source.parse().unwrap())));
}

fn is_refused(source: &str, expected: Expect) {
    expected.assert_eq(&mistakes(derive(source.parse().unwrap())));
}

#[test]
fn an_entity_is_a_table_and_the_ways_to_write_and_read_a_row() {
    expands(
        r#"
        #[entity(table = "bank.accounts")]
        pub struct Account {
            #[id(generated)]
            pub id: i64,
            #[unique]
            pub r#type: String,
            #[index]
            #[belongs_to(Customer)]
            pub customer_id: Option<i64>,
            #[column(name = "settings", json)]
            pub prefs: Prefs,
            #[column(skip)]
            scratch: Vec<u8>,
            #[version]
            version: i64,
            #[updated_at]
            updated: DateTime<Utc>,
        }
        "#,
        expect![[r#"
            const _: () = {
                #[doc(hidden)]
                #[allow(
                    missing_docs,
                    missing_debug_implementations,
                    non_camel_case_types,
                    non_snake_case,
                    private_interfaces,
                    unreachable_pub
                )]
                pub struct AccountColumns {
                    pub id: w::Column<Account, i64>,
                    pub r#type: w::Column<Account, String>,
                    pub customer_id: w::Column<Account, Option<i64>>,
                    pub prefs: w::Column<Account, w::Json<Prefs>>,
                    pub version: w::Column<Account, i64>,
                    pub updated: w::Column<Account, DateTime<Utc>>,
                }
                const FIELDS: &AccountColumns = &AccountColumns {
                    id: w::Column::at(0),
                    r#type: w::Column::at(1),
                    customer_id: w::Column::at(2),
                    prefs: w::Column::at(3),
                    version: w::Column::at(4),
                    updated: w::Column::at(5),
                };
                const TABLE: &w::Table = &w::Table {
                    entity: "Account",
                    name: "bank.accounts",
                    columns: &[
                        w::ColumnDef::new::<i64>("id"),
                        w::ColumnDef::new::<String>("type").unique(),
                        w::ColumnDef::new::<Option<i64>>("customer_id")
                            .indexed()
                            .references(|| <Customer as w::Entity>::TABLE),
                        w::ColumnDef::new::<w::Json<Prefs>>("settings"),
                        w::ColumnDef::new::<i64>("version"),
                        w::ColumnDef::new::<DateTime<Utc>>("updated").set_to_now::<DateTime<Utc>>(),
                    ],
                    id: 0,
                    id_generated: true,
                    version: ::core::option::Option::Some(4),
                    created_at: ::core::option::Option::None,
                    updated_at: ::core::option::Option::Some(5),
                };
                #[allow(private_interfaces)]
                impl Account {
                    /// The columns, for filters and orders.
                    pub const fn columns() -> &'static AccountColumns {
                        FIELDS
                    }
                }
                impl w::FromRow for Account {
                    const COLUMNS: &'static [&'static str] = &[
                        "id",
                        "type",
                        "customer_id",
                        "settings",
                        "version",
                        "updated",
                    ];
                    const WIDTH: usize = 6;
                    fn from_row(row: &w::Row<'_>) -> w::Result<Self> {
                        w::Result::Ok(Self {
                            id: row.get::<i64>(0)?,
                            r#type: row.get::<String>(1)?,
                            customer_id: row.get::<Option<i64>>(2)?,
                            prefs: row.get::<w::Json<Prefs>>(3)?.0,
                            scratch: <Vec<u8> as ::core::default::Default>::default(),
                            version: row.get::<i64>(4)?,
                            updated: row.get::<DateTime<Utc>>(5)?,
                        })
                    }
                }
                impl w::Entity for Account {
                    type Id = i64;
                    type Columns = AccountColumns;
                    const TABLE: &'static w::Table = TABLE;
                    const FIELDS: &'static AccountColumns = FIELDS;
                    fn id(&self) -> &i64 {
                        &self.id
                    }
                    fn params(&self) -> w::Result<::std::vec::Vec<w::Param<'_>>> {
                        w::Result::Ok(
                            ::std::vec![
                                w::Value::to_param(& self.id) ?, w::Value::to_param(& self.r#type) ?,
                                w::Value::to_param(& self.customer_id) ?, w::json_param(& self.prefs)
                                ?, w::Value::to_param(& self.version) ?, w::Value::to_param(& self
                                .updated) ?
                            ],
                        )
                    }
                    fn statements() -> &'static w::StatementCache {
                        static CACHE: w::StatementCache = w::StatementCache::new();
                        &CACHE
                    }
                }
                const _: fn(&Account) -> &::core::option::Option<<Customer as w::Entity>::Id> = |
                    row|
                &row.customer_id;
            };
        "#]],
    );
}

#[test]
fn a_table_is_called_like_its_entity_in_the_plural() {
    let tokens = derive("struct LineItem { #[id] id: i64 }".parse().unwrap());
    assert!(tokens.to_string().contains("\"line_items\""));
}

#[test]
fn all_mistakes_are_told_at_once() {
    is_refused(
        r#"
        #[entity(tabel = "accounts", table = 3)]
        struct Account {
            #[id(generate)]
            id: i64,
            #[version(1)]
            version: i64,
            #[column(json = true, name = "")]
            owner: String,
            #[tenant]
            tenant: String,
            #[belongs_to]
            customer: i64,
        }
        "#,
        expect![[r#"
            unknown entity attribute `tabel`, expected `table = "..."`    <- tabel
            expected `table = "accounts"`    <- 3
            unknown id attribute `generate`, expected `generated`    <- generate
            expected `#[version]` and nothing else    <- version(1)
            `json` takes no value    <- true
            a column's name can't be empty    <- ""
            `#[tenant]` is not supported yet    <- #[tenant]
            expected the entity that is meant: `#[belongs_to(Customer)]`    <- #[belongs_to]
        "#]],
    );
}

#[test]
fn marks_that_contradict_each_other_are_refused() {
    let cases = [
        "#[id] #[version] a: i64",
        "#[id] #[column(json)] a: i64",
        "#[id] #[column(skip)] a: i64",
        "#[id] #[unique] a: i64",
        "#[id] #[index] a: i64",
        "#[id(generated)] #[belongs_to(B)] a: i64",
        "#[id] id: i64, #[version] #[belongs_to(B)] a: i64",
        "#[id] id: i64, #[created_at] #[updated_at] a: i64",
        "#[id] id: i64, #[unique] #[index] a: i64",
        "#[id] id: i64, #[unique] #[column(json)] a: i64",
        "#[id] id: i64, #[belongs_to(B)] #[column(skip)] a: i64",
        "#[id] id: i64, #[column(skip, json)] a: i64",
        "#[id] id: i64, #[column(skip, name = \"b\")] a: i64",
        "#[id] id: i64, #[id] a: i64",
        "#[id] id: i64, #[version] a: i64, #[version] b: i64",
        "#[id] #[id] id: i64",
        "#[id] id: i64, #[version] #[version] a: i64",
        "#[id] id: i64, #[column(name = \"id\")] a: i64",
        "id: i64",
    ];
    let told: String = cases
        .iter()
        .map(|fields| {
            let source = format!("struct A {{ {fields} }}");
            format!(
                "{fields}\n    {}",
                mistakes(derive(source.parse().unwrap()))
            )
        })
        .collect();
    expect![[r##"
        #[id] #[version] a: i64
            a field can't be `#[id]` and `#[version]`: each of them is written in its own way    <- version
        #[id] #[column(json)] a: i64
            a field can't be `#[id]` and `json`: Wharf has to know the value    <- json
        #[id] #[column(skip)] a: i64
            a field can't be `#[id]` and `skip`: a skipped field has no column    <- skip
        #[id] #[unique] a: i64
            a field can't be `#[id]` and `#[unique]`: an id is unique already    <- unique
        #[id] #[index] a: i64
            a field can't be `#[id]` and `#[index]`: an id has an index already    <- index
        #[id(generated)] #[belongs_to(B)] a: i64
            a field can't be `#[id(generated)]` and `#[belongs_to]`: the database can't assign another row's id    <- belongs_to
        #[id] id: i64, #[version] #[belongs_to(B)] a: i64
            a field can't be `#[version]` and `#[belongs_to]`: a version counts updates    <- belongs_to
        #[id] id: i64, #[created_at] #[updated_at] a: i64
            a field can't be `#[created_at]` and `#[updated_at]`: each of them is written in its own way    <- updated_at
        #[id] id: i64, #[unique] #[index] a: i64
            a field can't be `#[unique]` and `#[index]`: what is unique has an index already    <- index
        #[id] id: i64, #[unique] #[column(json)] a: i64
            a field can't be `#[unique]` and `json`: a JSON document isn't compared    <- json
        #[id] id: i64, #[belongs_to(B)] #[column(skip)] a: i64
            a field can't be `#[belongs_to]` and `skip`: a skipped field has no column    <- skip
        #[id] id: i64, #[column(skip, json)] a: i64
            a skipped field isn't stored, so not as `json` either    <- skip
        #[id] id: i64, #[column(skip, name = "b")] a: i64
            a skipped field has no column, so no `name` either    <- skip
        #[id] id: i64, #[id] a: i64
            `#[id]` marks one field, and it marks `id` already    <- id
        #[id] id: i64, #[version] a: i64, #[version] b: i64
            `#[version]` marks one field, and it marks `a` already    <- version
        #[id] #[id] id: i64
            `id` is given twice    <- id
        #[id] id: i64, #[version] #[version] a: i64
            `version` is given twice    <- version
        #[id] id: i64, #[column(name = "id")] a: i64
            column `id` belongs to field `id` already    <- a
        id: i64
            an entity needs one field marked `#[id]` or `#[id(generated)]`    <- A
    "##]].assert_eq(&told);
}

#[test]
fn only_structures_with_named_fields_are_entities() {
    let cases = [
        "struct A;",
        "struct A(i64);",
        "enum A { B }",
        "struct A<T> { #[id] id: T }",
        "#[entity(table = \"a.b.c\")] struct A { #[id] id: i64 }",
        "#[entity = \"a\"] struct A { #[id] id: i64 }",
    ];
    let told: String = cases
        .iter()
        .map(|source| {
            format!(
                "{source}\n    {}",
                mistakes(derive(source.parse().unwrap()))
            )
        })
        .collect();
    expect![[r#"
        struct A;
            `Entity` is derived for a structure with named fields: its columns need names    <- A
        struct A(i64);
            `Entity` is derived for a structure with named fields: its columns need names    <- A
        enum A { B }
            `Entity` is derived for a structure with named fields    <- A
        struct A<T> { #[id] id: T }
            `Entity` is derived for a type without generics    <- <T>
        #[entity(table = "a.b.c")] struct A { #[id] id: i64 }
            `a.b.c` is no table: expected `"accounts"`, or with a schema `"bank.accounts"`    <- "a.b.c"
        #[entity = "a"] struct A { #[id] id: i64 }
            expected `#[entity(...)]`    <- entity = "a"
    "#]].assert_eq(&told);
}
