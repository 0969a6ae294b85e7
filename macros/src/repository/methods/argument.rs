//! An argument of a method, as far as its words tell what it is.

use syn::{Ident, Type, ext::IdentExt as _};

use crate::types;

/// An argument that becomes a part of the query.
#[derive(Clone)]
pub(super) struct Argument {
    pub(super) ident: Ident,
    /// Its name, without `r#`.
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) form: Form,
}

/// What an argument's type looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `&[T]`: a list.
    Slice,
    /// `Vec<T>` or `[T; N]`: a list, and not passed as one.
    Collection,
    /// `&[u8]`: a byte string, which is one value.
    Bytes,
    /// A number or `bool`: certainly no text.
    Number,
    /// Any other reference.
    Reference,
    /// Any other type, by value.
    Owned,
}

impl Argument {
    pub(super) fn new(ident: &Ident, ty: &Type) -> Self {
        Self {
            ident: ident.clone(),
            name: ident.unraw().to_string(),
            ty: ty.clone(),
            form: form(ty),
        }
    }

    /// Whether it is passed by reference already.
    pub(super) fn is_reference(&self) -> bool {
        matches!(types::bare(&self.ty), Type::Reference(_))
    }
}

fn form(ty: &Type) -> Form {
    const NUMBERS: [&str; 13] = [
        "bool", "i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128", "f32", "f64",
    ];
    let ty = types::bare(ty);
    if let Some(element) = types::slice_element(ty) {
        return if types::is_named(element, "u8") {
            Form::Bytes
        } else {
            Form::Slice
        };
    }
    if is_collection(ty) {
        return Form::Collection;
    }
    if matches!(ty, Type::Reference(_)) {
        return Form::Reference;
    }
    if NUMBERS.iter().any(|number| types::is_named(ty, number)) {
        return Form::Number;
    }
    Form::Owned
}

/// Whether a type, or what it refers to, is a vector or an array; of bytes it is one value.
fn is_collection(ty: &Type) -> bool {
    let referenced = match ty {
        Type::Reference(reference) => types::bare(&reference.elem),
        ty => ty,
    };
    let element = match referenced {
        Type::Array(array) => Some(&*array.elem),
        vector => types::inner(vector, "Vec"),
    };
    element.is_some_and(|element| !types::is_named(element, "u8"))
}
