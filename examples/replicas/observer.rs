//! Tells what Wharf knows of the servers, whenever that changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wharf::TopologySnapshot;
use wharf::prelude::*;

use crate::story::Story;

pub(crate) async fn run(db: Database, story: Story, is_over: Arc<AtomicBool>) {
    let mut known = describe(&db.topology());
    story.tell(format_args!("wharf sees: {known}"));
    while !is_over.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let now = describe(&db.topology());
        if now != known {
            story.tell(format_args!("wharf sees: {now}"));
            known = now;
        }
    }
}

/// `node1 primary, up; node2 replica, up`
fn describe(topology: &TopologySnapshot) -> String {
    let mut parts = Vec::new();
    if let Some(why) = &topology.no_primary {
        parts.push(format!("no primary, {why}"));
    }
    for node in &topology.nodes {
        parts.push(format!("{} {:?} {:?}", node.name, node.role, node.state).to_lowercase());
    }
    parts.join("; ")
}
