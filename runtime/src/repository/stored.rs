//! What the answers to a bulk write say of the rows that they stored.

use std::collections::{HashMap, HashSet};

use crate::driver::{Answer, By, FromRow, Row};
use crate::entity::Entity;
use crate::error::Result;

/// The rows that answers returned whole, in the order of the entities. An entity of which there is none is left out.
pub(super) fn rows<E: Entity>(entities: &[E], answers: &[Answer]) -> Result<Vec<E>> {
    let mut rows = Vec::new();
    for answer in answers {
        answer.rows.decode_onto(&mut rows, By::Position)?;
    }
    let ids = entities.iter().map(E::id);
    // Mostly they are in order, though no statement promises it.
    if rows.iter().map(E::id).eq(ids.clone()) {
        return Ok(rows);
    }
    let identified = rows.into_iter().map(|row| (row.id().clone(), row));
    let mut by_id: HashMap<E::Id, E> = identified.collect();
    Ok(ids.filter_map(|id| by_id.remove(id)).collect())
}

/// The ids that answers returned, alone or in whole rows.
pub(super) fn ids<E: Entity>(answers: &[Answer]) -> Result<HashSet<E::Id>> {
    let mut ids = HashSet::new();
    for answer in answers {
        let found: Vec<Identity<E>> = answer.rows.decode(By::Position)?;
        ids.extend(found.into_iter().map(|identity| identity.0));
    }
    Ok(ids)
}

struct Identity<E: Entity>(E::Id);

impl<E: Entity> FromRow for Identity<E> {
    const WIDTH: usize = 1;

    fn from_row(row: &Row<'_>) -> Result<Self> {
        let is_alone = row.width() == 1;
        row.get(if is_alone { 0 } else { E::TABLE.id }).map(Self)
    }
}
