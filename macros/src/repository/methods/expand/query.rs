//! The body of a method whose query is SQL.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Type, spanned::Spanned as _};
use wharf_sql::{Dialect, Piece};

use super::{Call, Family, Method};
use crate::{
    path::{located, private, private_at},
    repository::methods::{
        argument::{Argument, Form},
        query::{Answer, Query, Text, entity_ident},
    },
    types,
};

/// Everything between the braces.
pub(in super::super) fn body(method: &Method<'_>, query: &Query) -> TokenStream {
    let template = template(method, query);
    let values: Vec<_> = query.arguments.iter().map(value).collect();
    let item = &method.signature.shape.item;
    let (function, of) = match query.answer {
        Answer::All => ("all", quote!(#item)),
        Answer::Optional => ("optional", quote!(#item)),
        Answer::One => ("one", quote!(#item)),
        Answer::Page => ("page", quote!(#item)),
        Answer::Stream => ("stream", quote!(#item)),
        Answer::Affected => ("affected", quote!()),
        Answer::Changed => ("changed", quote!()),
        Answer::Run => ("run", quote!()),
    };
    let call = Call {
        family: Family::Template,
        function,
        of,
        then: None,
    };
    let run = method.run(&call, &values);
    quote! {
        #template
        #run
    }
}

fn template(method: &Method<'_>, query: &Query) -> TokenStream {
    let w = private();
    let name = method.name();
    let texts = texts(query);
    let effect = &query.effect;
    let (verb, table, writes, ddl) = (effect.verb, &effect.table, effect.writes, effect.ddl);
    let by = if query.by_position {
        quote!(#w::By::Position)
    } else {
        quote!(#w::By::Name)
    };
    quote! {
        static QUERY: #w::Template = #w::Template::new(
            #name,
            #texts,
            #w::Effect { verb: #verb, table: #table, writes: #writes, ddl: #ddl },
            #by,
        );
    }
}

fn texts(query: &Query) -> TokenStream {
    let w = private();
    if let ([_], Some(default)) = (&query.texts[..], query.default()) {
        let pieces = pieces(default, &query.arguments);
        return quote!(#w::Texts::Same(#pieces));
    }
    let [sqlite, postgres, mysql] =
        [Dialect::Sqlite, Dialect::Postgres, Dialect::MySql].map(|dialect| {
            match query.text(dialect) {
                Some(text) => {
                    let pieces = pieces(text, &query.arguments);
                    quote!(::core::option::Option::Some(#pieces))
                }
                None => quote!(::core::option::Option::None),
            }
        });
    quote!(#w::Texts::Each { sqlite: #sqlite, postgres: #postgres, mysql: #mysql })
}

fn pieces(text: &Text, arguments: &[Argument]) -> TokenStream {
    let pieces = text
        .pieces
        .iter()
        .map(|one| piece(one, text.span, arguments));
    quote!(&[#(#pieces),*])
}

fn piece(piece: &Piece, span: Span, arguments: &[Argument]) -> TokenStream {
    let w = private();
    match piece {
        Piece::Text(text) => quote!(#w::Piece::Text(#text)),
        Piece::Columns { entity, alias } => {
            let entity = entity_ident(entity, span);
            let at = private_at(span);
            let alias = match alias {
                Some(alias) => quote!(::core::option::Option::Some(#alias)),
                None => quote!(::core::option::Option::None),
            };
            let table = quote_spanned!(located(span)=> <#entity as #at::Entity>::TABLE);
            quote!(#w::Piece::Columns(#table, #alias))
        }
        Piece::Arg(place) => {
            let place = Literal::usize_unsuffixed(*place);
            quote!(#w::Piece::Arg(#place))
        }
        Piece::List(place) => {
            let kind = arguments.get(*place).and_then(list_kind);
            let place = Literal::usize_unsuffixed(*place);
            match kind {
                Some(kind) => quote!(#w::Piece::List(#place, #kind)),
                None => quote!(#w::Piece::Arg(#place)),
            }
        }
    }
}

/// What the elements of a list argument are; `None` if it is no list.
fn list_kind(argument: &Argument) -> Option<TokenStream> {
    let w = private();
    let element = types::slice_element(&argument.ty).filter(|_| argument.form == Form::Slice)?;
    Some(match types::bare(element) {
        Type::Reference(reference) if types::is_named(&reference.elem, "str") => {
            quote!(#w::Kind::Text)
        }
        Type::Reference(reference) => {
            let element = &reference.elem;
            quote!(<#element as #w::Value>::KIND)
        }
        element => quote!(<#element as #w::Value>::KIND),
    })
}

/// An argument on its way in. Errors are shown at its type.
fn value(argument: &Argument) -> TokenStream {
    let ident = &argument.ident;
    let span = located(argument.ty.span());
    let w = private_at(span);
    let reference = (!argument.is_reference()).then(|| quote_spanned!(span=> &));
    quote_spanned!(span=> #w::ToParam::to_param(#reference #ident)?)
}
