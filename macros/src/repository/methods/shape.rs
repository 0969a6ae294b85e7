//! What a method returns: the shape of its answer, and of what.

use syn::{GenericArgument, PathArguments, ReturnType, Type};

use crate::types;

/// What a method returns.
#[derive(Clone)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    /// `T`.
    pub(super) item: Type,
    /// The whole return type, to point at.
    pub(super) ty: Type,
}

/// How many `T`s, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `Result<Vec<T>>`
    Many,
    /// `Result<Option<T>>`
    Optional,
    /// `Result<T>`
    One,
    /// `Result<Page<T>>`
    Page,
    /// `impl Stream<Item = Result<T>>`
    Stream,
    /// `Result<()>`
    Nothing,
}

impl Shape {
    /// Reads a return type; says what was expected of any other.
    pub(super) fn read(output: &ReturnType) -> Result<Self, String> {
        let ReturnType::Type(_, ty) = output else {
            return Err("a method of a repository returns `Result<...>`".to_owned());
        };
        if let Type::ImplTrait(stream) = types::bare(ty) {
            let segment = types::bound_named(stream, &["Stream"]);
            let item = segment.and_then(|stream| item_of(&stream.arguments));
            return match item.and_then(result_of) {
                Some(item) => Ok(Self::new(Kind::Stream, item, ty)),
                None => Err("a stream is `impl Stream<Item = Result<T>>`".to_owned()),
            };
        }
        let Some(inner) = result_of(ty) else {
            return Err(
                "a method of a repository returns `Result<...>`, or `impl Stream<Item = Result<T>>`"
                    .to_owned(),
            );
        };
        let kinds = [
            ("Vec", Kind::Many),
            ("Option", Kind::Optional),
            ("Page", Kind::Page),
        ];
        for (name, kind) in kinds {
            if let Some(item) = types::inner(inner, name) {
                // Bytes are one value.
                let is_bytes = kind == Kind::Many && types::is_named(item, "u8");
                return Ok(if is_bytes {
                    Self::new(Kind::One, inner, ty)
                } else {
                    Self::new(kind, item, ty)
                });
            }
        }
        Ok(match types::bare(inner) {
            Type::Tuple(tuple) if tuple.elems.is_empty() => Self::new(Kind::Nothing, inner, ty),
            _ => Self::new(Kind::One, inner, ty),
        })
    }

    fn new(kind: Kind, item: &Type, ty: &Type) -> Self {
        Self {
            kind,
            item: types::bare(item).clone(),
            ty: ty.clone(),
        }
    }

    /// Whether it is `Result<name>`.
    pub(super) fn is_one(&self, name: &str) -> bool {
        self.kind == Kind::One && types::is_named(&self.item, name)
    }

    /// Whether it is `Result<T>` of a type that can't be an entity.
    pub(super) fn is_scalar(&self) -> bool {
        self.kind == Kind::One
            && (matches!(self.item, Type::Tuple(_))
                || ["u64", "u32", "i64", "i32", "usize", "bool", "String", "f64"]
                    .iter()
                    .any(|name| self.is_one(name)))
    }
}

/// `T` of `Result<T, ..>`.
fn result_of(ty: &Type) -> Option<&Type> {
    types::inner(ty, "Result")
}

/// `T` of `<Item = T>`.
fn item_of(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(item) if item.ident == "Item" => Some(&item.ty),
        _ => None,
    })
}
