//! Every column type comes back as it was sent, by every way in, and is found by it.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};
use uuid::Uuid;
use wharf::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Address {
    street: String,
    numbers: Vec<u8>,
    note: Option<String>,
}

/// Stored as its name.
#[derive(Value, Debug, Clone, Copy, PartialEq)]
#[value(rename_all = "snake_case")]
enum Color {
    DeepRed,
    #[value(name = "blau")]
    Blue,
}

/// Stored as its number.
#[derive(Value, Debug, Clone, Copy, PartialEq)]
#[value(integer)]
enum Level {
    Low = -1,
    High = 7,
}

#[derive(Value, Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key(Uuid);

/// Makes an entity of a column for each type, a nullable one with the same columns, and the law that both keep what
/// they are given.
macro_rules! columns {
    ($($name:ident: $type:ty),+ $(,)?) => {
        #[derive(Entity, Debug, Clone, PartialEq)]
        #[entity(table = "everything")]
        struct Everything {
            #[id]
            id: Key,
            #[column(json)]
            address: Address,
            $($name: $type,)+
        }

        #[repository(Everything)]
        struct Everythings;

        #[derive(Entity, Debug, Clone, PartialEq)]
        #[entity(table = "maybe")]
        struct Maybe {
            #[id]
            id: Key,
            #[column(json)]
            address: Option<Address>,
            $($name: Option<$type>,)+
        }

        #[repository(Maybe)]
        struct Maybes;

        impl Everything {
            fn as_some(&self) -> Maybe {
                let row = self.clone();
                Maybe { id: row.id, address: Some(row.address), $($name: Some(row.$name),)+ }
            }

            /// Each column finds the row by its value.
            async fn is_found_by_each_column(&self, db: &Database) -> Result<()> {
                $(
                    let found = Everythings::filter(|c| c.$name.eq(&self.$name)).all(db).await?;
                    assert!(found.contains(self), "{} = {:?}", stringify!($name), self.$name);
                    let found = Everythings::filter(|c| c.$name.in_([&self.$name])).all(db).await?;
                    assert!(found.contains(self), "{} in ({:?})", stringify!($name), self.$name);
                    let found = Everythings::filter(|c| c.$name.ne(&self.$name)).all(db).await?;
                    assert!(!found.contains(self), "{} <> {:?}", stringify!($name), self.$name);
                )+
                Ok(())
            }
        }

        fn nothing() -> Maybe {
            Maybe { id: Key(Uuid::new_v4()), address: None, $($name: None,)+ }
        }
    };
}

columns! {
    flag: bool,
    tiny: i8,
    small: i16,
    normal: i32,
    big: i64,
    utiny: u8,
    usmall: u16,
    unormal: u32,
    ubig: u64,
    single: f32,
    double: f64,
    text: String,
    bytes: Vec<u8>,
    color: Color,
    level: Level,
    key: Key,
    moment: DateTime<Utc>,
    date_time: NaiveDateTime,
    date: NaiveDate,
    time_of_day: NaiveTime,
    offset: OffsetDateTime,
    primitive: PrimitiveDateTime,
    day: Date,
    clock: Time,
}

/// A moment within what every engine can hold: MariaDB's TIMESTAMP is a 32-bit one.
fn everything(seconds: i64, micros: u32, text: &str, bytes: &[u8]) -> Everything {
    let moment = DateTime::from_timestamp(seconds, micros * 1_000).expect("a valid moment");
    let offset = OffsetDateTime::from_unix_timestamp(seconds).expect("a valid moment");
    let offset = offset.replace_microsecond(micros).expect("below a million");
    let is_low = seconds % 2 == 0;
    Everything {
        id: Key(Uuid::new_v4()),
        address: Address {
            street: text.to_owned(),
            numbers: bytes.to_vec(),
            note: is_low.then(|| text.to_owned()),
        },
        flag: is_low,
        tiny: if is_low { i8::MIN } else { i8::MAX },
        small: if is_low { i16::MIN } else { i16::MAX },
        normal: if is_low { i32::MIN } else { i32::MAX },
        big: if is_low { i64::MIN } else { i64::MAX },
        utiny: if is_low { 0 } else { u8::MAX },
        usmall: if is_low { 0 } else { u16::MAX },
        unormal: if is_low { 0 } else { u32::MAX },
        ubig: if is_low { 0 } else { i64::MAX as u64 },
        single: if is_low { 0.1 } else { -16_777_216.0 },
        double: if is_low {
            0.1
        } else {
            -1.797_693_134_862_315_7e308
        },
        text: text.to_owned(),
        bytes: bytes.to_vec(),
        color: if is_low { Color::DeepRed } else { Color::Blue },
        level: if is_low { Level::Low } else { Level::High },
        key: Key(Uuid::new_v4()),
        moment,
        date_time: moment.naive_utc(),
        date: moment.date_naive(),
        time_of_day: moment.time(),
        offset,
        primitive: PrimitiveDateTime::new(offset.date(), offset.time()),
        day: offset.date(),
        clock: offset.time(),
    }
}

fn rows() -> Vec<Everything> {
    vec![
        everything(1, 0, "", &[]),
        everything(
            1_700_000_000,
            1,
            "it's \"quoted\" \\ back\\\\slashed %_! $1 ? :name",
            &[0, 1, 39, 92, 255],
        ),
        everything(
            1_709_210_096,
            999_999,
            "line\nbreak\r\n\ttab \u{1} \u{7f}",
            &[10, 13, 0, 0],
        ),
        everything(
            2_147_483_646,
            120_000,
            "naïve 北京 🦀 e\u{301} \u{202e}",
            "🦀".as_bytes(),
        ),
        everything(1_234_567_891, 500_000, "null", b"null"),
    ]
}

on_all_engines! {
    async fn every_type_comes_back_as_it_was_sent(db: &Database) {
        db.create_table::<Everything>().await?;
        let one_by_one = rows();
        for row in &one_by_one {
            assert_eq!(&Everythings::insert(db, row).await?, row, "insert");
            assert_eq!(&Everythings::get(db, row.id).await?, row, "find");
            assert_eq!(&Everythings::update(db, row).await?, row, "update");
            assert_eq!(&Everythings::upsert(db, row).await?, row, "upsert");
        }
        let together = rows();
        assert_eq!(Everythings::insert_many(db, &together).await?, together, "insert_many");
        let ids: Vec<Key> = together.iter().map(|row| row.id).collect();
        assert_eq!(Everythings::find_many(db, &ids).await?, together, "find_many");

        // Each row takes the values of the next one.
        let rotated: Vec<Everything> = (0..ids.len())
            .map(|n| Everything { id: ids[n], ..together[(n + 1) % ids.len()].clone() })
            .collect();
        assert_eq!(Everythings::update_many(db, &rotated).await?, rotated, "update_many");
        assert_eq!(Everythings::find_many(db, &ids).await?, rotated, "what update_many stored");
        for row in &one_by_one {
            row.is_found_by_each_column(db).await?;
        }
        assert_eq!(Everythings::delete_many(db, &ids).await?, 5);
    }

    async fn every_type_may_be_null(db: &Database) {
        db.create_table::<Maybe>().await?;
        let (none, some) = (nothing(), rows()[1].as_some());
        for row in [&none, &some] {
            assert_eq!(&Maybes::insert(db, row).await?, row, "insert");
            assert_eq!(&Maybes::get(db, row.id).await?, row, "find");
        }
        let mut together = vec![nothing(), rows()[2].as_some(), nothing(), rows()[3].as_some()];
        assert_eq!(Maybes::insert_many(db, &together).await?, together, "insert_many");
        let ids: Vec<Key> = together.iter().map(|row| row.id).collect();
        together.rotate_left(1);
        for (row, id) in together.iter_mut().zip(&ids) {
            row.id = *id;
        }
        assert_eq!(Maybes::update_many(db, &together).await?, together, "update_many");
        assert_eq!(Maybes::find_many(db, &ids).await?, together, "what update_many stored");
        let swapped = Maybe { id: none.id, ..some };
        assert_eq!(Maybes::update(db, &swapped).await?, swapped, "update");
        assert_eq!(Maybes::filter(|c| c.offset.is_null().and(c.text.eq(None::<&str>))).all(db).await?.len(), 2);
    }

    async fn floats_keep_every_bit(db: &Database) {
        db.create_table::<Float>().await?;
        let doubles = [0.1 + 0.2, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1e23, 9_007_199_254_740_993.0, -0.0, 123_456_789.123_456_79];
        let singles = [0.1, f32::MAX, f32::MIN_POSITIVE, 1e-45, 16_777_217.0, 1e10, -0.0, 3.402_823_3e38];
        let float = |id: i64, n: usize| Float { id, single: singles[n], double: doubles[n] };
        let floats: Vec<Float> = (0..doubles.len()).map(|n| float(n as i64, n)).collect();
        assert_eq!(Floats::insert_many(db, &floats).await?, floats);
        for (n, expected) in floats.iter().enumerate() {
            let alone = Float { id: 100 + expected.id, ..expected.clone() };
            assert_eq!(Floats::insert(db, &alone).await?, alone);
            let bits = |float: Float| (float.single.to_bits(), float.double.to_bits());
            // MariaDB has no negative zero in JSON, nor SQLite in a column.
            if doubles[n] != 0.0 {
                assert_eq!(bits(Floats::get(db, expected.id).await?), bits(expected.clone()));
                assert_eq!(bits(Floats::get(db, alone.id).await?), bits(alone));
            }
        }
    }

    async fn a_unique_text_tells_case_accents_and_trailing_spaces_apart(db: &Database) {
        db.create_table::<Word>().await?;
        let mut words = ["a", "A", "á", "ß", "ss", "", "a "].map(|text| Word { text: text.to_owned(), count: 1 }).to_vec();
        if db.dialect() == Dialect::MySql {
            // The collation that both MariaDB and MySQL know pads with spaces.
            words.pop();
        }
        Words::insert_many(db, &words).await?;
        for word in &words {
            assert_eq!(&Words::get(db, word.text.as_str()).await?, word);
            assert_eq!(Words::filter(|w| w.text.eq(&word.text)).all(db).await?, std::slice::from_ref(word));
        }
        assert_eq!(Words::find_many(db, &["A", "ss"]).await?, [words[1].clone(), words[4].clone()]);
    }
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "floats")]
struct Float {
    #[id]
    id: i64,
    single: f32,
    double: f64,
}

#[repository(Float)]
struct Floats;

/// Identified by a text.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "words")]
struct Word {
    #[id]
    text: String,
    count: i32,
}

#[repository(Word)]
struct Words;
