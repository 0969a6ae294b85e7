//! The body of a method whose name is its query.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Type, spanned::Spanned as _};

use super::{Call, Family, Method};
use crate::{
    path::{located, private, private_at},
    repository::methods::{
        argument::Argument,
        derived::{Derived, Run, field_ident},
        name::{Condition, Limit, Op},
    },
    types,
};

/// Everything between the braces.
pub(in super::super) fn body(method: &Method<'_>, derived: &Derived) -> TokenStream {
    let w = private();
    let repository = method.repository;
    let entity = quote!(<#repository as #w::Repository>::Entity);
    let query = query(method, derived);
    let mut arguments = method.signature.arguments.iter();
    let conditions = derived.name.conditions.iter().flatten();
    let values: Vec<_> = conditions
        .flat_map(|condition| values(method.ident, condition, &mut arguments))
        .collect();
    let function = match derived.run {
        Run::All => "all",
        Run::Optional => "optional",
        Run::One => "one",
        Run::Page => "page",
        Run::Stream => "stream",
        Run::Count => "count",
        Run::Exists => "exists",
        Run::Delete | Run::DeleteAny => "delete",
    };
    let call = Call {
        family: Family::Derived,
        function,
        of: quote!(Row),
        then: (derived.run == Run::DeleteAny).then(|| quote!(> 0)),
    };
    let run = method.run(&call, &values);
    quote! {
        type Row = #entity;
        #query
        #run
    }
}

fn query(method: &Method<'_>, derived: &Derived) -> TokenStream {
    let w = private();
    let name = method.name();
    let alternatives = derived.name.conditions.iter().map(|all| {
        let terms = all.iter().map(|condition| term(method.ident, condition));
        quote!(&[#(#terms),*])
    });
    let orders = derived.name.orders.iter().map(|sort| {
        let column = column(method.ident, &sort.field, method.ident.span());
        let descending = sort.descending;
        quote!(#w::DerivedOrder { column: #column.place(), descending: #descending })
    });
    let limit = match derived.name.limit {
        None => quote!(::core::option::Option::None),
        Some(limit) => {
            let limit = Literal::u64_unsuffixed(match limit {
                Limit::First => 1,
                Limit::Top(number) => number,
            });
            quote!(::core::option::Option::Some(#limit))
        }
    };
    quote! {
        const CONDITIONS: &[&[#w::Term]] = &[#(#alternatives),*];
        const ORDERS: &[#w::DerivedOrder] = &[#(#orders),*];
        static QUERY: #w::Derived =
            #w::Derived::new(<Row as #w::Entity>::TABLE, #name, CONDITIONS, ORDERS, #limit);
    }
}

/// `FIELDS.owner`: at the method's name, where the compiler says that there is no such field.
fn column(method: &Ident, field: &str, span: Span) -> TokenStream {
    let w = private_at(span);
    let field = field_ident(field, method);
    quote_spanned!(located(span)=> <Row as #w::Entity>::FIELDS.#field)
}

fn term(method: &Ident, condition: &Condition) -> TokenStream {
    let w = private();
    let column = column(method, &condition.field, method.span());
    let place = match condition.op {
        Op::IsTrue | Op::IsFalse => Ident::new("boolean_place", method.span()),
        _ => Ident::new("place", method.span()),
    };
    let op = Ident::new(condition.op.name(), Span::call_site());
    let ignore_case = condition.ignore_case;
    let column = quote_spanned!(located(method.span())=> #column.#place());
    quote!(#w::Term { column: #column, op: #w::Op::#op, ignore_case: #ignore_case })
}

/// What a condition binds: the values of its arguments, on their way in.
fn values<'a>(
    method: &Ident,
    condition: &Condition,
    arguments: &mut impl Iterator<Item = &'a Argument>,
) -> Vec<TokenStream> {
    arguments
        .take(condition.op.arity())
        .map(|argument| value(method, condition, argument))
        .collect()
}

fn value(method: &Ident, condition: &Condition, argument: &Argument) -> TokenStream {
    let ident = &argument.ident;
    let span = located(argument.ty.span());
    let column = column(method, &condition.field, span);
    let w = private_at(span);
    if condition.op.takes_list() {
        let of_references = types::slice_element(&argument.ty)
            .is_some_and(|element| matches!(types::bare(element), Type::Reference(_)));
        let copied = of_references.then(|| quote_spanned!(span=> .copied()));
        return quote_spanned!(span=> #column.operands(#ident.iter() #copied)?);
    }
    if condition.op.compares_text() || condition.ignore_case {
        let op = Ident::new(condition.op.name(), Span::call_site());
        // It is the column that is no text.
        let text_operand = Ident::new("text_operand", method.span());
        let reference = (!argument.is_reference()).then(|| quote_spanned!(span=> &));
        return quote_spanned!(span=> #column.#text_operand(#w::Op::#op, #reference #ident)?);
    }
    quote_spanned!(span=> #column.operand(#ident)?)
}
