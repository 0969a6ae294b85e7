use crate::{Dialect, Piece, Placeholders, analyze, analyze_portable};

const SEEDS: &[&str] = &[
    "WITH x AS (DELETE FROM a WHERE b = :b RETURNING *) SELECT {A as a}, $q$ :no $q$ FROM x WHERE c IN (:c) LIMIT 5;",
    "SELECT 'it''s', \"q\", `r`, [s], a::int, b[1:2] /* c /* d */ */ FROM t -- e\n WHERE a ? 'b' AND f = :f # g\n",
    "INSERT INTO t (a, b) SELECT :a, count(*) FILTER (WHERE c) OVER (ORDER BY d) FROM u ON CONFLICT DO NOTHING",
    "UPDATE t JOIN u ON t.i = u.i SET t.a = '\\':x', u.b = INTERVAL :n DAY /*! hint */ LOCK IN SHARE MODE",
    "MERGE INTO t USING (VALUES (1, 'é€😀')) s ON true WHEN MATCHED THEN UPDATE SET a = :é || E'\\n'; DROP TABLE t",
    "EXPLAIN (ANALYZE) SELECT * FROM a, LATERAL f(:x), JSON_TABLE(b, '$' COLUMNS (c INT PATH '$')) j FOR UPDATE",
];

/// Knuth's generator: good enough to spread, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

fn mutated(dice: &mut Dice) -> String {
    let mut chars: Vec<char> = SEEDS[dice.roll(SEEDS.len())].chars().collect();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(chars.len());
        match dice.roll(6) {
            0 => chars.truncate(at + 1),
            1 => drop(chars.drain(..at)),
            2 => drop(chars.remove(at)),
            3 => chars.insert(
                at,
                [
                    ':', '\'', '"', '{', '}', '$', '[', '*', '/', '\\', '€', '\0', ';', '?',
                ][dice.roll(14)],
            ),
            4 => {
                let other: Vec<char> = SEEDS[dice.roll(SEEDS.len())].chars().collect();
                let from = dice.roll(other.len());
                chars.splice(at..at, other[from..].iter().take(12).copied());
            }
            _ => {
                let other = dice.roll(chars.len());
                chars.swap(at, other);
            }
        }
        if chars.is_empty() {
            chars.push(' ');
        }
    }
    chars.into_iter().collect()
}

/// Whatever the answer, it must be usable: an error points into the text, and the pieces are the text.
fn verify(text: &str) {
    let answers = Dialect::ALL
        .map(|dialect| analyze(text, dialect))
        .into_iter()
        .chain([analyze_portable(text)]);
    for answer in answers {
        match answer {
            Ok(found) => {
                let columns = |entity: &str, alias: Option<&str>| {
                    format!("{{{entity}{}}}", alias.unwrap_or_default())
                };
                let _ = found.render(Placeholders::Question, &columns);
                let mut rest = text;
                for piece in &found.pieces {
                    rest = match piece {
                        Piece::Text(part) => rest.strip_prefix(&**part).unwrap(),
                        Piece::Arg(name) | Piece::List(name) => rest
                            .strip_prefix(':')
                            .unwrap()
                            .strip_prefix(&*found.names[*name])
                            .unwrap(),
                        Piece::Columns { .. } => &rest[rest.find('}').unwrap() + 1..],
                    };
                }
            }
            Err(error) => assert!(text.is_char_boundary(error.offset), "{error:?}"),
        }
    }
}

#[test]
fn no_text_makes_it_panic() {
    for seed in 0..3000 {
        let text = mutated(&mut Dice(seed));
        if let Err(panic) = std::panic::catch_unwind(|| verify(&text)) {
            eprintln!("seed {seed}: {text:?}");
            std::panic::resume_unwind(panic);
        }
    }
}

#[test]
fn no_cut_makes_it_panic() {
    for text in SEEDS {
        for (at, _) in text.char_indices() {
            verify(&text[..at]);
            verify(&text[at..]);
        }
    }
}
