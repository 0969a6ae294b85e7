//! The ways to write a name of several words.

/// `HTTPRequest2` is `http_request2`.
pub(crate) fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (place, &letter) in letters.iter().enumerate() {
        let after = place.checked_sub(1).map(|before| letters[before]);
        let begins_word = letter.is_uppercase()
            && after.is_some_and(|after| {
                let ends_capitals = after.is_uppercase()
                    && letters.get(place + 1).is_some_and(|c| c.is_lowercase());
                after != '_' && (!after.is_uppercase() || ends_capitals)
            });
        if begins_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// A way to write the variants of an enum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Snake,
    Lower,
    Upper,
    Kebab,
    ScreamingSnake,
    Camel,
    Pascal,
}

impl Case {
    /// Each way, written in itself.
    pub(crate) const ALL: [(&'static str, Self); 7] = [
        ("snake_case", Self::Snake),
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("kebab-case", Self::Kebab),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
        ("camelCase", Self::Camel),
        ("PascalCase", Self::Pascal),
    ];

    /// The way with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, case)| *case)
    }

    /// A variant's name, written this way.
    pub(crate) fn apply(self, variant: &str) -> String {
        match self {
            Self::Pascal => variant.to_owned(),
            Self::Lower => variant.to_lowercase(),
            Self::Upper => variant.to_uppercase(),
            Self::Snake => snake_case(variant),
            Self::ScreamingSnake => snake_case(variant).to_uppercase(),
            Self::Kebab => snake_case(variant).replace('_', "-"),
            Self::Camel => {
                let mut letters = variant.chars();
                let first = letters.next().map(char::to_lowercase);
                first.into_iter().flatten().chain(letters).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_where_a_reader_would_cut_it() {
        let cases = [
            ("Account", "account"),
            ("LineItem", "line_item"),
            ("HTTPRequest", "http_request"),
            ("OAuth2Token", "o_auth2_token"),
            ("already_snake", "already_snake"),
            ("Odd_Name", "odd_name"),
        ];
        for (name, snake) in cases {
            assert_eq!(snake_case(name), snake);
        }
    }

    #[test]
    fn every_way_is_its_own_example() {
        let written: Vec<_> = Case::ALL
            .iter()
            .map(|(_, case)| case.apply("InTransit"))
            .collect();
        assert_eq!(
            written,
            [
                "in_transit",
                "intransit",
                "INTRANSIT",
                "in-transit",
                "IN_TRANSIT",
                "inTransit",
                "InTransit"
            ]
        );
    }
}
