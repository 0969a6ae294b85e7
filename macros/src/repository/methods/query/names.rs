//! The `:names` of the texts, checked against the arguments.

use wharf_sql::Piece;

use super::entity_ident;
use crate::{
    errors::Errors,
    repository::methods::{
        argument::{Argument, Form},
        sql::Sql,
    },
    suggest::{alternatives, nearest},
};

/// The names in the order in which they're bound; `None` if they aren't the arguments. The mistakes are in `errors`.
pub(super) fn check(
    sqls: &[&Sql],
    arguments: &[Argument],
    errors: &mut Errors,
) -> Option<Vec<String>> {
    let mut sound = true;
    let mut mistake = |span, message: String| {
        sound = false;
        errors.at(span, message);
    };
    let all: Vec<&str> = arguments
        .iter()
        .map(|argument| argument.name.as_str())
        .collect();
    // A pair of names that nearly agree is one mistake.
    let mut meant = Vec::new();
    for sql in sqls {
        let names = &sql.statement.names;
        let free = || {
            all.iter()
                .copied()
                .filter(|known| !names.iter().any(|name| name == known))
        };
        for name in names {
            if all.contains(&name.as_str()) {
                continue;
            }
            let hint = match nearest(name, free()) {
                Some(near) => {
                    meant.push(near);
                    format!("; did you mean `:{near}`?")
                }
                None if all.is_empty() => String::new(),
                None => format!(
                    "; the arguments are {}",
                    alternatives(&all).replace(" or ", " and ")
                ),
            };
            mistake(
                sql.literal.span(),
                format!("`:{name}` has no argument{hint}"),
            );
        }
        for piece in &sql.statement.pieces {
            if let Piece::Columns { entity, .. } = piece
                && entity_ident(entity, sql.literal.span()).is_none()
            {
                mistake(
                    sql.literal.span(),
                    format!("`{{{entity}}}` can't be the name of an entity"),
                );
            }
        }
    }
    for argument in arguments {
        let uses = |sql: &&&Sql| sql.statement.names.contains(&argument.name);
        let unused = sqls.iter().find(|sql| !uses(sql));
        match unused {
            Some(_) if meant.contains(&argument.name.as_str()) => {}
            Some(sql) if sqls.iter().any(|sql| uses(&sql)) => mistake(
                sql.literal.span(),
                format!(
                    "this text doesn't use `:{}`, and another one does",
                    argument.name
                ),
            ),
            Some(sql) => mistake(
                argument.ident.span(),
                format!("`{}` isn't used: {}", argument.name, bound(sql)),
            ),
            None => {}
        }
        if argument.form == Form::Collection {
            mistake(
                argument.ident.span(),
                format!("a list is passed as a slice: `{}: &[T]`", argument.name),
            );
        }
    }
    let names = sqls.first().map(|sql| sql.statement.names.clone());
    names.filter(|_| sound)
}

fn bound(sql: &Sql) -> String {
    match &sql.statement.names[..] {
        [] => "the text binds nothing".to_owned(),
        names => {
            let names: Vec<_> = names.iter().map(|name| format!("`:{name}`")).collect();
            format!("the text binds {}", names.join(", "))
        }
    }
}

/// The pieces of a text, numbered by these names instead of its own.
pub(super) fn renumbered(sql: &Sql, names: &[String]) -> Vec<Piece> {
    let place = |own: usize| {
        let name = sql.statement.names.get(own);
        names
            .iter()
            .position(|known| Some(known) == name)
            .unwrap_or(own)
    };
    sql.statement
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Arg(own) => Piece::Arg(place(*own)),
            Piece::List(own) => Piece::List(place(*own)),
            other => other.clone(),
        })
        .collect()
}
