//! The code of a transactional function.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ExprReference, Token, spanned::Spanned as _};

use super::{
    attrs::Options,
    model::{self, Copied, Key, Mode, Transactional},
};
use crate::{
    errors::Errors,
    function::Function,
    path::{local, located, private, private_at},
};

/// Names that no name of the user's can be.
struct Names {
    runner: Ident,
    unit: Ident,
    result: Ident,
}

pub(super) fn transactional(transactional: &Transactional) -> TokenStream {
    let w = private();
    let returns = transactional.returns.span();
    let names = Names {
        runner: local("runner", returns),
        unit: local("unit", returns),
        result: local("result", returns),
    };
    let Names {
        runner,
        unit,
        result,
    } = &names;
    let uow = &transactional.unit;
    let options = options(&transactional.options);
    let name = model::name(&transactional.function);
    let site_span = located(transactional.function.signature.ident.span());
    let at = private_at(site_span);
    let site = quote_spanned!(site_span=> #at::Site::here(#name));
    let once = once(transactional, &names);
    let span = located(returns);
    let new = match &transactional.key {
        Some(key) => keyed(uow, &options, &site, key),
        None => quote!(#w::Runner::new(#w::target(#uow), const { #options }, #site)),
    };
    let body = if transactional.options.run_again() {
        let finish = match transactional.key {
            Some(_) => Ident::new("finish_keyed", span),
            None => Ident::new("finish", span),
        };
        let ended = quote_spanned!(span=> #runner.#finish(#unit, #result).await);
        quote! {
            let mut #runner = #new;
            loop {
                #once
                match #ended {
                    ::core::ops::ControlFlow::Break(#result) => return #result,
                    ::core::ops::ControlFlow::Continue(()) => {}
                }
            }
        }
    } else {
        let ended = quote_spanned!(span=> #runner.finish_once(#unit, #result).await);
        quote! {
            let mut #runner = #new;
            #once
            #ended
        }
    };
    transactional.function.with_body(&body)
}

/// Begins a unit of work, and runs the body in it.
fn once(transactional: &Transactional, names: &Names) -> TokenStream {
    let Names {
        runner,
        unit,
        result,
    } = names;
    let (uow, unit_type) = (&transactional.unit, &transactional.unit_type);
    let returns = &transactional.returns;
    let span = located(returns.span());
    let w = private_at(span);
    let mode = match transactional.mode {
        Mode::ReadWrite => quote_spanned!(span=> #w::ReadWrite),
        Mode::ReadOnly => quote_spanned!(span=> #w::ReadOnly),
    };
    // Points at the error type when that can't be made from Wharf's.
    let begin = match transactional.key {
        Some(_) => quote_spanned! {span=>
            match #runner.begin_keyed::<#mode, _>().await? {
                ::core::ops::ControlFlow::Continue(#unit) => #unit,
                ::core::ops::ControlFlow::Break(#result) => return ::core::result::Result::Ok(#result),
            }
        },
        None => quote_spanned!(span=> #runner.begin::<#mode>().await?),
    };
    let copies = transactional.copied.iter().map(copy);
    let statements = transactional.function.body.iter();
    let statements = statements.flat_map(|body| &body.stmts);
    let body = quote! {
        async {
            // Says what `?` and `return` in the body return.
            #[allow(
                unreachable_code,
                clippy::diverging_sub_expression,
                clippy::empty_loop,
                clippy::let_unit_value
            )]
            if false {
                let #result: #returns = loop {};
                return #result;
            }
            #(#statements)*
        }
    };
    let run = quote_spanned!(span=> #runner.run(&#unit, #body).await);
    quote! {
        let #unit = #begin;
        let #result: #returns = {
            let #uow: &#unit_type = &#unit;
            #(#copies)*
            #run
        };
    }
}

/// A runner whose call is the same as every other one with its key.
fn keyed(uow: &Ident, options: &TokenStream, site: &TokenStream, key: &Key) -> TokenStream {
    let w = private();
    let at = located(key.expression.span());
    let expression = ExprReference {
        attrs: Vec::new(),
        and_token: Token![&](at),
        mutability: None,
        expr: Box::new(key.expression.clone()),
    };
    let arguments = key.compared.iter().map(|argument| {
        let ident = &argument.ident;
        quote_spanned!(located(argument.span)=> &#ident)
    });
    quote! {
        #w::Runner::keyed(
            #w::target(#uow),
            const { #options },
            #site,
            #expression,
            &[#(#arguments),*],
        )
    }
}

fn copy(argument: &Copied) -> TokenStream {
    let ident = &argument.ident;
    let span = located(argument.span);
    let is_mut = argument.is_mut.then(|| quote!(mut));
    quote_spanned!(span=> let #is_mut #ident = ::core::clone::Clone::clone(&#ident);)
}

fn options(options: &Options) -> TokenStream {
    let w = private();
    let isolation = options.isolation.map(|level| {
        let level = Ident::new(level, Span::call_site());
        quote!(.isolation(#w::Isolation::#level))
    });
    let read_only = options.read_only.map(|_| quote!(.read_only()));
    let timeout = options.timeout.map(|timeout| {
        let milliseconds = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let milliseconds = Literal::u64_unsuffixed(milliseconds);
        quote!(.timeout(::core::time::Duration::from_millis(#milliseconds)))
    });
    let retry = options.retry.map(|retry| {
        let retry = Literal::u32_unsuffixed(retry);
        quote!(.retry(#retry))
    });
    let propagation = options.propagation.map(|propagation| {
        let propagation = Ident::new(propagation, Span::call_site());
        quote!(.propagation(#w::Propagation::#propagation))
    });
    let exactly_once = options
        .exactly_once
        .as_ref()
        .map(|_| quote!(.exactly_once()));
    quote! {
        #w::TransactionOptions::new()
            #isolation #read_only #timeout #retry #propagation #exactly_once
    }
}

/// The mistakes, and a function that its callers can still be checked against.
pub(super) fn stand_in(function: &Function, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    let function = function.stand_in();
    quote!(#errors #function)
}
