//! The words in the parentheses of `#[repository(..)]`.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{
    Path, Token,
    parse::{ParseStream, Parser as _},
    token::Paren,
};

use crate::{errors::Errors, word::Word};

/// What stands in the parentheses.
#[derive(Default)]
pub(super) struct Arguments {
    /// The entity, if one is named.
    pub(super) entity: Option<Path>,
    /// All of it, to point at.
    pub(super) tokens: TokenStream,
}

impl Arguments {
    /// Reads `Account`, and refuses what may follow it.
    pub(super) fn read(tokens: TokenStream, errors: &mut Errors) -> Self {
        let parse = |input: ParseStream<'_>| {
            let starts_with_word = input.peek2(Token![=]) || input.peek2(Paren);
            let entity = if input.is_empty() || starts_with_word {
                None
            } else {
                let entity = Path::parse_mod_style(input)?;
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
                Some(entity)
            };
            let rest: TokenStream = input.parse()?;
            Ok((entity, rest))
        };
        match parse.parse2(tokens.clone()) {
            Ok((entity, rest)) => {
                for word in Word::all_in(rest, errors) {
                    if word.name == "cached" {
                        word.not_supported_yet(errors);
                    } else {
                        errors.at(
                            word.span(),
                            format!(
                                "unknown repository argument `{}`, expected the entity alone",
                                word.name
                            ),
                        );
                    }
                }
                Self { entity, tokens }
            }
            Err(_) => {
                errors.on(
                    tokens.to_token_stream(),
                    "expected the entity: `#[repository(Account)]`",
                );
                Self {
                    entity: None,
                    tokens,
                }
            }
        }
    }
}
