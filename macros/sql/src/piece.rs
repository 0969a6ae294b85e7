//! The text, cut at its placeholders and column lists, and put together again for one server.

use crate::{
    Statement,
    scan::{Scan, Sort},
};

/// A part of a text. All parts in order are the whole text, without its closing `;`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// SQL to send as it is.
    Text(String),
    /// A `:name`; index into [`Statement::names`].
    Arg(usize),
    /// A `:name` that stands alone in `IN (:name)`; index into [`Statement::names`]. The parentheses are in the texts
    /// around it.
    List(usize),
    /// `{Entity}` or `{Entity as alias}`.
    Columns {
        /// The entity whose columns are meant, as written.
        entity: String,
        /// The name that its table has in this statement, as written.
        alias: Option<String>,
    },
}

/// How a server wants its placeholders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Placeholders {
    /// `$1`, `$2`: PostgreSQL.
    Dollar,
    /// `?1`, `?2`: SQLite.
    QuestionNumbered,
    /// `?`: MySQL. A name used twice is bound twice.
    Question,
}

/// Cuts a scanned text. `lists` has one entry for each mark: whether it stands alone in `IN (..)`.
pub(crate) fn cut(text: &str, scan: &Scan, lists: &[bool]) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(scan.marks.len() * 2 + 1);
    let mut done = 0;
    let text_until = |from: usize, until: usize, pieces: &mut Vec<Piece>| {
        if from < until {
            pieces.push(Piece::Text(text[from..until].to_owned()));
        }
    };
    for (mark, &is_list) in scan.marks.iter().zip(lists) {
        text_until(done, mark.start, &mut pieces);
        done = mark.end;
        pieces.push(match &mark.sort {
            Sort::Name(name) if is_list => Piece::List(*name),
            Sort::Name(name) => Piece::Arg(*name),
            Sort::Columns { entity, alias } => Piece::Columns {
                entity: entity.clone(),
                alias: alias.clone(),
            },
        });
    }
    text_until(done, scan.end, &mut pieces);
    pieces
}

impl Statement {
    /// The text for a server, and the indexes into [`Statement::names`] in the order in which values are bound.
    ///
    /// Numbered placeholders bind each name once, in the order of `names`; [`Placeholders::Question`] binds a name each time
    /// it is used. A [`Piece::List`] is written like an argument. `columns` is given entity and alias, and returns the text
    /// for a [`Piece::Columns`].
    pub fn render(
        &self,
        style: Placeholders,
        columns: &dyn Fn(&str, Option<&str>) -> String,
    ) -> (String, Vec<usize>) {
        let mut text = String::new();
        let mut used = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Columns { entity, alias } => {
                    text.push_str(&columns(entity, alias.as_deref()))
                }
                Piece::Arg(name) | Piece::List(name) => {
                    used.push(*name);
                    match style {
                        Placeholders::Dollar => text.push_str(&format!("${}", name + 1)),
                        Placeholders::QuestionNumbered => text.push_str(&format!("?{}", name + 1)),
                        Placeholders::Question => text.push('?'),
                    }
                }
            }
        }
        let order = match style {
            Placeholders::Question => used,
            Placeholders::Dollar | Placeholders::QuestionNumbered => {
                (0..self.names.len()).collect()
            }
        };
        (text, order)
    }
}
