//! What can be seen of a type without knowing it: a macro sees words, not types.

use quote::ToTokens;
use syn::{
    GenericArgument, PathArguments, PathSegment, Type, TypeImplTrait, TypeParamBound,
    visit::{self, Visit},
};

/// The type itself, without parentheses and the invisible groups that a `macro_rules!` puts around its arguments.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        ty => ty,
    }
}

/// The same, to be changed.
pub(crate) fn bare_mut(ty: &mut Type) -> &mut Type {
    match ty {
        Type::Group(group) => bare_mut(&mut group.elem),
        Type::Paren(paren) => bare_mut(&mut paren.elem),
        ty => ty,
    }
}

/// The last part of a path: `Option<T>` of `std::option::Option<T>`.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    }
}

/// Whether a type's last name is this one.
pub(crate) fn is_named(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|last| last.ident == name)
}

/// The types in the angle brackets of a path's last part.
pub(crate) fn type_arguments(segment: &PathSegment) -> Vec<&Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// `T` of `Name<T>`.
pub(crate) fn inner<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let last = last_segment(ty).filter(|last| last.ident == name)?;
    type_arguments(last).first().copied()
}

/// `T` of `&[T]`.
pub(crate) fn slice_element(ty: &Type) -> Option<&Type> {
    match bare(ty) {
        Type::Reference(reference) => match bare(&reference.elem) {
            Type::Slice(slice) => Some(&slice.elem),
            _ => None,
        },
        _ => None,
    }
}

/// The last part of the trait in `impl Trait + ..` whose name is one of these.
pub(crate) fn bound_named<'a>(ty: &'a TypeImplTrait, names: &[&str]) -> Option<&'a PathSegment> {
    ty.bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .filter(|last| names.iter().any(|name| last.ident == name)),
        _ => None,
    })
}

/// The first `impl Trait` in a type.
pub(crate) fn first_impl_trait(ty: &Type) -> Option<&TypeImplTrait> {
    struct Finder<'a>(Option<&'a TypeImplTrait>);
    impl<'a> Visit<'a> for Finder<'a> {
        fn visit_type_impl_trait(&mut self, found: &'a TypeImplTrait) {
            self.0.get_or_insert(found);
            visit::visit_type_impl_trait(self, found);
        }
    }
    let mut finder = Finder(None);
    finder.visit_type(ty);
    finder.0
}

/// A type as a reader would write it.
pub(crate) fn text(ty: &Type) -> String {
    let mut text = String::new();
    for part in ty.to_token_stream().to_string().split(' ') {
        let glued = text.is_empty()
            || text.ends_with(['<', '(', '[', '&', ':'])
            || part.starts_with(['<', '>', ',', ')', ']', ':', ';', '(']);
        if !glued {
            text.push(' ');
        }
        text.push_str(part);
    }
    text
}
