//! A function with or without a body, free or in an `impl`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Attribute, Block, ReturnType, Signature, Token, Visibility, braced,
    parse::{Parse, ParseStream},
};

use crate::types;

/// A function as it was written.
#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) signature: Signature,
    /// `None` if it ends with `;`.
    pub(crate) body: Option<Block>,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let signature = input.parse()?;
        let body = if input.parse::<Option<Token![;]>>()?.is_some() {
            None
        } else {
            let content;
            let brace_token = braced!(content in input);
            attrs.extend(content.call(Attribute::parse_inner)?);
            let stmts = content.call(Block::parse_within)?;
            Some(Block { brace_token, stmts })
        };
        Ok(Self {
            attrs,
            vis,
            signature,
            body,
        })
    }
}

impl Function {
    /// The same function with another body.
    pub(crate) fn with_body(&self, body: &TokenStream) -> TokenStream {
        let Self {
            attrs,
            vis,
            signature,
            ..
        } = self;
        quote!(#(#attrs)* #vis #signature { #body })
    }

    /// The function with a body that only satisfies the compiler, to stand in where an error was found: so the callers
    /// of the function aren't reported as well.
    pub(crate) fn stand_in(&self) -> TokenStream {
        let mut function = self.clone();
        // `!` implements hardly any trait.
        if let ReturnType::Type(_, ty) = &function.signature.output
            && types::first_impl_trait(ty).is_some()
        {
            function.signature.output = ReturnType::Default;
        }
        let function = function.with_body(&quote!(::core::unimplemented!()));
        quote!(#[allow(unused, clippy::all)] #function)
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            attrs,
            vis,
            signature,
            body,
        } = self;
        match body {
            Some(body) => tokens.extend(quote!(#(#attrs)* #vis #signature #body)),
            None => tokens.extend(quote!(#(#attrs)* #vis #signature;)),
        }
    }
}
