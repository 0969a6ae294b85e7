//! The words on a method of a repository.

use syn::{
    Attribute, Expr, ExprLit, Ident, Lit, LitStr, Token, ext::IdentExt as _, parse::ParseStream,
};
use wharf_sql::Dialect;

use crate::{
    errors::Errors,
    suggest::alternatives,
    word::{path_name, set_once, ungrouped},
};

/// What the attributes of a method say.
#[derive(Default)]
pub(super) struct MethodWords {
    pub(super) query: Option<QueryWords>,
}

/// The texts of `#[query(..)]`.
#[derive(Default)]
pub(super) struct QueryWords {
    /// The one for every engine that has none of its own.
    pub(super) default: Option<LitStr>,
    pub(super) sqlite: Option<LitStr>,
    pub(super) postgres: Option<LitStr>,
    pub(super) mysql: Option<LitStr>,
}

impl MethodWords {
    /// Takes Wharf's words out of a method's attributes; the others stay.
    pub(super) fn take(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Self {
        let mut words = Self::default();
        attributes.retain(|attribute| {
            match path_name(attribute.path()).as_str() {
                "query" => {
                    let texts = QueryWords::read(attribute, errors);
                    if words.query.is_some() {
                        errors.on(attribute, "a method has one `#[query(...)]`");
                    }
                    words.query.get_or_insert(texts);
                }
                "cached" => errors.on(attribute, "`#[cached]` is not supported yet"),
                _ => return true,
            }
            false
        });
        words
    }

    /// Notes Wharf's words on a method that has a body.
    pub(super) fn refuse_on_body(attributes: &mut Vec<Attribute>, errors: &mut Errors) {
        attributes.retain(|attribute| {
            let name = path_name(attribute.path());
            let is_ours = name == "query" || name == "cached";
            if is_ours {
                errors.on(
                    attribute,
                    format!(
                        "`#[{name}]` is for a method without a body: end the signature with `;`"
                    ),
                );
            }
            !is_ours
        });
    }
}

impl QueryWords {
    fn read(attribute: &Attribute, errors: &mut Errors) -> Self {
        let mut words = Self::default();
        let known = errors.is_empty();
        let parse = |input: ParseStream<'_>| {
            while !input.is_empty() {
                words.add(input, errors)?;
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        match attribute.parse_args_with(parse) {
            Err(error) => errors.push(error),
            Ok(()) if words.is_empty() && known && errors.is_empty() => {
                errors.on(attribute, "expected a text: `#[query(\"SELECT ...\")]`");
            }
            Ok(()) => {}
        }
        words
    }

    fn add(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        if !(input.peek(Ident::peek_any) && input.peek2(Token![=])) {
            let expression: Expr = input.parse()?;
            if let Some(text) = literal(&expression, errors) {
                if self.default.is_some() {
                    errors.at(
                        text.span(),
                        "one text is for every engine; others name theirs: `mysql = \"...\"`",
                    );
                } else if !self.is_empty() {
                    errors.at(text.span(), "the text for every engine comes first");
                }
                self.default.get_or_insert(text);
            }
            return Ok(());
        }
        let name = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        let text = literal(&input.parse()?, errors);
        let slot = match name.to_string().as_str() {
            "sqlite" => &mut self.sqlite,
            "postgres" => &mut self.postgres,
            "mysql" => &mut self.mysql,
            _ => {
                let engines = alternatives(&["sqlite", "postgres", "mysql"]);
                errors.at(
                    name.span(),
                    format!("unknown engine `{name}`, expected {engines}"),
                );
                return Ok(());
            }
        };
        if let Some(text) = text {
            set_once(slot, text, &name, errors);
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    /// The texts, each with its dialect; `None` is the one for every engine.
    pub(super) fn all(&self) -> impl Iterator<Item = (Option<Dialect>, &LitStr)> {
        let texts = [
            (None, &self.default),
            (Some(Dialect::Sqlite), &self.sqlite),
            (Some(Dialect::Postgres), &self.postgres),
            (Some(Dialect::MySql), &self.mysql),
        ];
        texts
            .into_iter()
            .filter_map(|(dialect, text)| Some((dialect, text.as_ref()?)))
    }
}

fn literal(expression: &Expr, errors: &mut Errors) -> Option<LitStr> {
    match ungrouped(expression) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.clone()),
        other => {
            errors.on(
                other,
                "expected a string literal: it is read while compiling",
            );
            None
        }
    }
}
