//! Raw identifiers, names that hide the prelude's, and items that a `macro_rules!` writes.

#![allow(
    unused_qualifications,
    unreachable_pub,
    missing_docs,
    reason = "forms are tried here, not style"
)]
#![allow(dead_code)]

mod raw {
    use wharf::prelude::*;

    #[derive(Entity, Debug, Clone)]
    pub struct r#Struct {
        #[id]
        pub r#type: i64,
        pub r#match: String,
        pub r#in: i64,
    }

    #[derive(Value, Debug, Clone)]
    pub enum r#Enum {
        r#Loop,
    }

    #[repository(Struct)]
    pub struct Structs;

    #[repository]
    impl Structs {
        pub async fn find_by_type_and_match(
            db: &impl Executor,
            r#type: i64,
            r#match: &str,
        ) -> Result<Vec<Struct>>;
        pub async fn find_by_match_order_by_in(
            db: &impl Executor,
            r#match: &str,
        ) -> Result<Vec<Struct>>;
        #[query("SELECT {Struct} FROM structs WHERE type = :type")]
        pub async fn typed(db: &impl Executor, r#type: i64) -> Result<Vec<Struct>>;
    }

    #[transactional(retry = 1)]
    pub async fn r#move(r#ref: &UnitOfWork, r#type: i64) -> Result<bool> {
        Structs::delete(r#ref, r#type).await
    }
}

mod hidden {
    use wharf::{Entity, Executor, UnitOfWork, Value, repository, transactional};

    struct Vec;
    struct Box;
    struct Row;
    struct Param;
    struct Column;
    struct Table;
    trait Default {}
    trait Clone {}
    trait From {}
    trait Into {}
    fn drop() {}
    mod core {}
    mod std {}

    type Text = ::std::string::String;
    type Rows = ::std::vec::Vec<Entry>;

    #[derive(Entity)]
    pub struct Entry {
        #[id]
        id: i64,
        text: Text,
        #[column(skip)]
        skipped: i64,
    }

    #[derive(Value)]
    pub struct Wrapped(Text);

    #[derive(Value)]
    pub enum Choice {
        Some,
        None,
        Ok,
        Err,
    }

    #[repository(Entry)]
    pub struct Entries;

    #[repository]
    impl Entries {
        pub async fn find_by_text(
            params: &impl Executor,
            text: &str,
        ) -> wharf::Result<::std::vec::Vec<Entry>>;
        #[query("SELECT {Entry} FROM entrys WHERE text = :params")]
        pub async fn by_text(
            answer: &impl Executor,
            params: &str,
        ) -> wharf::Result<::std::vec::Vec<Entry>>;
    }

    #[transactional(retry = 1)]
    pub async fn all(uow: &UnitOfWork, text: Text) -> wharf::Result<Rows> {
        Entries::find_by_text(uow, &text).await
    }
}

mod written {
    use wharf::prelude::*;

    macro_rules! entity {
        ($entity:ident, $repository:ident, $id:ty, $find:ident, $unit:ty, $function:ident) => {
            #[derive(Entity, Debug, Clone)]
            pub struct $entity {
                #[id]
                pub id: $id,
                pub owner: String,
                #[column(json)]
                pub tags: Vec<String>,
                #[column(skip)]
                pub skipped: $id,
            }

            #[repository($entity)]
            pub struct $repository;

            #[repository]
            impl $repository {
                pub async fn $find(db: &impl Executor, owner: &str) -> Result<Vec<$entity>>;
                #[query("SELECT owner FROM accounts WHERE id = :id")]
                pub async fn owner(db: &impl Executor, id: $id) -> Result<Option<String>>;
            }

            #[transactional(retry = 1)]
            pub async fn $function(uow: $unit, id: $id) -> Result<bool> {
                $repository::delete(uow, id).await
            }
        };
    }

    entity!(Account, Accounts, i64, find_by_owner, &UnitOfWork, close);

    macro_rules! literals {
        (
            $table:literal, $column:literal, $query:literal, $timeout:literal, $retry:literal,
            $isolation:expr, $low:literal, $high:literal, $case:literal
        ) => {
            #[derive(Entity, Debug, Clone)]
            #[entity(table = $table)]
            pub struct Note {
                #[id]
                pub id: i64,
                #[column(name = $column)]
                pub text: String,
            }

            #[derive(Value, Debug, Clone, Copy)]
            #[value(integer)]
            pub enum Level {
                Low = -$low,
                High = $high,
            }

            #[derive(Value, Debug, Clone, Copy)]
            #[value(rename_all = $case)]
            pub enum Mood {
                VeryHappy,
            }

            #[repository(Note)]
            pub struct Notes;

            #[repository]
            impl Notes {
                #[query($query)]
                pub async fn texts(db: &impl Executor) -> Result<Vec<String>>;
                #[query($query, mysql = $query)]
                pub async fn texts_again(db: &impl Executor) -> Result<Vec<String>>;
            }

            #[transactional(timeout = $timeout, retry = $retry, isolation = $isolation)]
            pub async fn forget(uow: &UnitOfWork, id: i64) -> Result<bool> {
                Notes::delete(uow, id).await
            }
        };
    }

    literals!(
        "diary",
        "what",
        "SELECT what FROM diary",
        "2s",
        3,
        Serializable,
        1,
        2,
        "snake_case"
    );
}

async fn calls(db: &wharf::Database) -> wharf::Result<()> {
    raw::r#move(db, 1).await?;
    hidden::all(db, String::new()).await?;
    written::close(db, 1).await?;
    written::Accounts::find_by_owner(db, "ada").await?;
    written::forget(db, 1).await?;
    written::Notes::texts(db).await?;
    Ok(())
}

pub fn main() {
    let _ = calls;
    let _ = raw::Enum::Loop;
}
