//! What a pool decides, as scripts with their traces; see [`script`] for how they are written.

mod ending;
mod fairness;
mod limits;
mod opening;
mod order;
mod peers;
mod reference;
mod script;
mod sizes;
mod unlocked;
