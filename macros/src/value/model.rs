//! A column type whose parts fit together.

use std::collections::HashMap;

use syn::{
    Data, DataEnum, DataStruct, DeriveInput, Expr, ExprLit, ExprUnary, Fields, Ident, Lit, Member,
    Type, UnOp, ext::IdentExt as _,
};

use super::attrs::{TypeWords, refuse_on_field, variant_name};
use crate::{case::Case, column::model::refuse_generics, errors::Errors, word::ungrouped};

/// A column type.
pub(super) struct Value {
    pub(super) ident: Ident,
    pub(super) form: Form,
}

/// What it is stored as.
pub(super) enum Form {
    /// As its only field.
    Newtype { member: Member, inner: Box<Type> },
    /// As a variant's name.
    Text(Vec<(Ident, String)>),
    /// As a variant's number.
    Integer(Vec<(Ident, i64)>),
}

impl Value {
    /// # Errors
    /// All mistakes, each at its word.
    pub(super) fn read(input: &DeriveInput) -> syn::Result<Self> {
        let mut errors = Errors::default();
        refuse_generics(input, "Value", &mut errors);
        let words = TypeWords::read(&input.attrs, &mut errors);
        let form = match &input.data {
            Data::Struct(structure) => newtype(input, structure, &words, &mut errors),
            Data::Enum(choice) => variants(input, choice, &words, &mut errors),
            Data::Union(_) => {
                errors.at(input.ident.span(), "a union can't be read from a column");
                None
            }
        };
        errors.or(form.map(|form| Self {
            ident: input.ident.clone(),
            form,
        }))
    }
}

fn newtype(
    input: &DeriveInput,
    structure: &DataStruct,
    words: &TypeWords,
    errors: &mut Errors,
) -> Option<Form> {
    for span in [words.integer, words.rename_all.map(|(span, _)| span)]
        .into_iter()
        .flatten()
    {
        errors.at(span, "this is for enums: a newtype is stored as its field");
    }
    let mut members = structure.fields.members();
    match (
        members.next(),
        structure.fields.iter().next(),
        members.next(),
    ) {
        (Some(member), Some(field), None) => {
            refuse_on_field(&field.attrs, errors);
            Some(Form::Newtype {
                member,
                inner: Box::new(field.ty.clone()),
            })
        }
        _ => {
            errors.at(
                input.ident.span(),
                "`Value` is derived for a structure with one field, or an enum without fields; \
                 a larger structure is stored with `#[column(json)]`",
            );
            None
        }
    }
}

fn variants(
    input: &DeriveInput,
    choice: &DataEnum,
    words: &TypeWords,
    errors: &mut Errors,
) -> Option<Form> {
    if choice.variants.is_empty() {
        errors.at(
            input.ident.span(),
            "an enum without variants has no value to store",
        );
    }
    for variant in &choice.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.on(
                &variant.fields,
                "a variant with fields doesn't fit into one column: store the enum with `#[column(json)]`",
            );
        }
    }
    match words.integer {
        Some(_) => {
            if let Some((span, _)) = words.rename_all {
                errors.at(span, "with `integer` the numbers are stored, not the names");
            }
            numbers(choice, errors)
        }
        None => Some(names(
            choice,
            words.rename_all.map(|(_, case)| case),
            errors,
        )),
    }
}

fn names(choice: &DataEnum, case: Option<Case>, errors: &mut Errors) -> Form {
    let mut known: HashMap<String, &Ident> = HashMap::new();
    let mut variants = Vec::new();
    for variant in &choice.variants {
        let given = variant_name(&variant.attrs, errors);
        let span = given
            .as_ref()
            .map_or(variant.ident.span(), |given| given.span());
        let name = given.map_or_else(
            || {
                case.unwrap_or(Case::Pascal)
                    .apply(&variant.ident.unraw().to_string())
            },
            |given| given.value(),
        );
        match known.get(&name) {
            Some(first) => errors.at(span, format!("`{first}` is stored as `{name}` already")),
            None => {
                known.insert(name.clone(), &variant.ident);
            }
        }
        variants.push((variant.ident.clone(), name));
    }
    Form::Text(variants)
}

fn numbers(choice: &DataEnum, errors: &mut Errors) -> Option<Form> {
    let mut next = Some(0_i64);
    let mut variants = Vec::new();
    for variant in &choice.variants {
        if let Some(name) = variant_name(&variant.attrs, errors) {
            errors.at(
                name.span(),
                "with `integer` the numbers are stored, not the names",
            );
        }
        let number = match &variant.discriminant {
            Some((_, expression)) => match literal(expression) {
                Some(number) => Some(number),
                None => {
                    errors.on(
                        expression,
                        "expected a literal number that fits in an `i64`: it is what is stored",
                    );
                    return None;
                }
            },
            None => next,
        };
        let Some(number) = number else {
            errors.at(
                variant.ident.span(),
                "its number doesn't fit in an `i64`, as which it is stored",
            );
            return None;
        };
        next = number.checked_add(1);
        variants.push((variant.ident.clone(), number));
    }
    Some(Form::Integer(variants))
}

fn literal(expression: &Expr) -> Option<i64> {
    match ungrouped(expression) {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => number.base10_parse().ok(),
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => match ungrouped(expr) {
            Expr::Lit(ExprLit {
                lit: Lit::Int(number),
                ..
            }) => format!("-{}", number.base10_digits()).parse().ok(),
            _ => None,
        },
        Expr::Paren(paren) => literal(&paren.expr),
        _ => None,
    }
}
