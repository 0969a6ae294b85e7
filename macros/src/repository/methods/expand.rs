//! The bodies of methods.

pub(super) mod derived;
pub(super) mod query;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Ident, ReturnType, Type, parse_quote, parse_quote_spanned, spanned::Spanned as _};

use super::{
    shape::{Kind, Shape},
    signature::{Signature, return_span},
};
use crate::{
    function::Function,
    path::{local, located, private, private_at},
};

/// A method whose body is written.
pub(super) struct Method<'a> {
    /// The repository it belongs to.
    pub(super) repository: &'a Type,
    pub(super) ident: &'a Ident,
    pub(super) signature: &'a Signature,
}

/// A call of the runtime, which runs a query.
struct Call {
    family: Family,
    function: &'static str,
    /// What a row becomes; empty if there are no rows.
    of: TokenStream,
    /// What is done with the answer.
    then: Option<TokenStream>,
}

/// The modules of the runtime that run queries.
enum Family {
    Derived,
    Template,
}

impl Method<'_> {
    /// Its name in errors and traces: `Accounts::find_by_owner`.
    fn name(&self) -> String {
        let repository = crate::types::text(self.repository);
        format!("{repository}::{}", syn::ext::IdentExt::unraw(self.ident))
    }

    /// The end of a body: makes the call, and answers. Errors are shown at the return type.
    fn run(&self, call: &Call, values: &[TokenStream]) -> TokenStream {
        let span = located(return_span(self.signature));
        let w = private_at(span);
        let db = &self.signature.executor.ident;
        let Call {
            family,
            function,
            of,
            then,
        } = call;
        let function = Ident::new(function, span);
        let function = match family {
            Family::Derived => quote_spanned!(span=> #w::derived::#function),
            Family::Template => quote_spanned!(span=> #w::template::#function),
        };
        let of = (!of.is_empty()).then(|| quote_spanned!(span=> ::<#of>));
        if self.signature.shape.kind == Kind::Stream {
            let params = if values.is_empty() {
                quote!(#w::Result::Ok(::std::vec::Vec::new()))
            } else {
                quote!((|| #w::Result::Ok(::std::vec![#(#values),*]))())
            };
            return quote_spanned!(span=> #function #of(&QUERY, #w::target(#db), #params));
        }
        let (target, params, answer) = (
            local("target", span),
            local("params", span),
            local("answer", span),
        );
        let binding = if values.is_empty() {
            quote!(let #params: [#w::Param<'_>; 0] = [];)
        } else {
            quote!(let #params = [#(#values),*];)
        };
        let paging = self.signature.paging.as_ref().map(|paging| {
            let (number, size) = (&paging.number, &paging.size);
            quote!(, #number, #size)
        });
        // With a type, since of a block that is a future the compiler says less when its type is another one.
        let returned = &self.signature.shape.ty;
        quote_spanned! {span=>
            let #target = #w::target(#db);
            async move {
                #binding
                let #answer = #function #of(&QUERY, #target, &#params #paging).await? #then;
                let #answer: #returned = ::core::result::Result::Ok(#answer);
                #answer
            }
        }
    }
}

/// A method with its body. It knows the line that calls it, as no `async fn` can.
pub(super) fn method(function: &Function, body: &TokenStream) -> TokenStream {
    let mut function = function.clone();
    let signature = &mut function.signature;
    if let (Some(_), ReturnType::Type(_, ty)) = (signature.asyncness.take(), &mut signature.output)
    {
        let span = located(ty.span());
        let w = private_at(span);
        **ty = parse_quote_spanned!(span=> impl #w::Future<Output = #ty>);
    }
    function.attrs.push(parse_quote!(#[track_caller]));
    function.with_body(body)
}

/// A body for a method whose mistakes are reported.
pub(super) fn stand_in(function: &Function) -> TokenStream {
    match Shape::read(&function.signature.output) {
        Ok(shape) if shape.kind == Kind::Stream => {
            let w = private();
            let item = shape.item.to_token_stream();
            let function = function.with_body(&quote! {
                let stream: #w::RowsStream<#item> = ::core::unimplemented!();
                stream
            });
            quote!(#[allow(unused, clippy::all)] #function)
        }
        _ => function.stand_in(),
    }
}
