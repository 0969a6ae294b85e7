//! What a MariaDB server says about its replication.

use crate::cluster::node::Node;

/// What `SHOW SLAVE STATUS` says, a field a line.
pub(super) struct Status(String);

impl Status {
    pub(super) fn of(node: &Node) -> Status {
        let mut command = node.command("show slave status");
        command.args(["--column-names", "--vertical"]);
        let text = node.run(command);
        Status(text.unwrap_or_else(|message| node.fail("show slave status", &message)))
    }

    /// Empty when the node is no replica.
    pub(super) fn field(&self, name: &str) -> &str {
        let mut fields = self.0.lines().filter_map(|line| line.split_once(':'));
        fields
            .find(|(field, _)| field.trim() == name)
            .map_or("", |(_, value)| value.trim())
    }

    /// Whether the node receives from `primary`.
    pub(super) fn follows(&self, primary: &Node) -> bool {
        self.field("Slave_IO_Running") == "Yes"
            && self.field("Master_Port") == primary.address().port().to_string()
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}
