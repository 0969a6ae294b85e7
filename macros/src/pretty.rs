//! Generated code as a person would read it, for tests.

use proc_macro2::{TokenStream, TokenTree};

/// The code, formatted; with `w` for `::wharf::__private`, so that the rest can be seen.
pub(crate) fn pretty(tokens: &TokenStream) -> String {
    let text = tokens.to_string();
    let text = text.replace(":: wharf :: __private", "w");
    match syn::parse_file(&text) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => format!("{error}\n{text}"),
    }
}

/// The mistakes in generated code, one a line, with the word they point at.
pub(crate) fn mistakes(tokens: TokenStream) -> String {
    let mut found = String::new();
    collect(tokens, &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut String) {
    let mut start = None;
    for tree in tokens {
        match tree {
            TokenTree::Ident(ident) if ident == "compile_error" => start = Some(ident.span()),
            TokenTree::Ident(_) | TokenTree::Literal(_) => {}
            TokenTree::Punct(_) => {}
            TokenTree::Group(group) => {
                let message = syn::parse2::<syn::LitStr>(group.stream());
                if let (Some(start), Ok(message)) = (start.take(), message) {
                    found.push_str(&message.value());
                    let phrase = start.join(message.span());
                    if let Some(word) = phrase.and_then(|phrase| phrase.source_text()) {
                        let word = word.lines().next().unwrap_or_default().to_owned();
                        found.push_str(&format!("    <- {word}"));
                    }
                    found.push('\n');
                } else {
                    collect(group.stream(), found);
                }
            }
        }
    }
}
