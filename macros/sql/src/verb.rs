//! Decides by the kind of a statement what it can do, and walks the queries in it.
//!
//! Every kind that the parser knows is named: a new one has to be placed before this compiles.

use sqlparser::ast::{
    ShowStatementFilter, ShowStatementFilterPosition, ShowStatementOptions, Statement,
};

use crate::{
    Class,
    change::answers,
    facts::Facts,
    operation::{change_verb, is_answered, verb},
    query::has_limit,
};

impl Facts {
    /// Walks a whole statement.
    pub(crate) fn statement(&mut self, statement: &Statement) {
        use Class::Session;
        match statement {
            Statement::Query(query) => {
                self.operation = verb(query);
                self.returns_rows = is_answered(query);
                self.has_limit = has_limit(query);
                self.query(query);
            }
            Statement::Insert(_)
            | Statement::Update(_)
            | Statement::Delete(_)
            | Statement::Merge(_) => {
                self.operation = change_verb(statement);
                self.returns_rows = answers(statement);
                self.change(statement);
            }
            Statement::Explain {
                analyze,
                statement,
                options,
                ..
            } => {
                let named = options
                    .iter()
                    .flatten()
                    .any(|option| option.name.value.eq_ignore_ascii_case("analyze"));
                self.explain(statement, *analyze || named);
            }
            Statement::ExplainTable { table_name, .. } => {
                self.shows("DESCRIBE");
                let name = self.table_name(table_name);
                self.reads.insert(name);
            }

            Statement::ShowVariable { .. }
            | Statement::ShowCreate { .. }
            | Statement::ShowProcessList { .. }
            | Statement::ShowCharset(_) => self.shows("SHOW"),
            Statement::ShowFunctions { filter }
            | Statement::ShowCollation { filter }
            | Statement::ShowStatus { filter, .. }
            | Statement::ShowVariables { filter, .. } => {
                self.shows("SHOW");
                self.show_filter(filter.as_ref());
            }
            Statement::ShowColumns { show_options, .. }
            | Statement::ShowDatabases { show_options, .. }
            | Statement::ShowSchemas { show_options, .. }
            | Statement::ShowTables { show_options, .. }
            | Statement::ShowViews { show_options, .. } => {
                self.shows("SHOW");
                self.show_options(show_options);
            }

            Statement::CreateTable(create) => {
                self.ddl("CREATE");
                self.writes(&create.name);
                if let Some(query) = &create.query {
                    self.query(query);
                }
            }
            Statement::CreateView(create) => {
                self.ddl("CREATE");
                self.writes(&create.name);
                self.query(&create.query);
            }
            Statement::CreateIndex(create) => {
                self.ddl("CREATE");
                self.writes(&create.table_name);
            }
            Statement::CreateVirtualTable { name, .. } => {
                self.ddl("CREATE");
                self.writes(name);
            }
            Statement::AlterTable(alter) => {
                self.ddl("ALTER");
                self.writes(&alter.name);
            }
            Statement::AlterView { name, query, .. } => {
                self.ddl("ALTER");
                self.writes(name);
                self.query(query);
            }
            Statement::Drop { names, table, .. } => {
                self.ddl("DROP");
                for name in names.iter().chain(table) {
                    self.writes(name);
                }
            }
            Statement::Truncate(truncate) => {
                self.ddl("TRUNCATE");
                for target in &truncate.table_names {
                    self.writes(&target.name);
                }
            }
            Statement::CreateRole(_)
            | Statement::CreateServer(_)
            | Statement::CreatePolicy(_)
            | Statement::CreateOperator(_)
            | Statement::CreateOperatorFamily(_)
            | Statement::CreateOperatorClass(_)
            | Statement::CreateTextSearch(_)
            | Statement::CreateExtension(_)
            | Statement::CreateCollation(_)
            | Statement::CreateSchema { .. }
            | Statement::CreateDatabase { .. }
            | Statement::CreateFunction(_)
            | Statement::CreateTrigger(_)
            | Statement::CreateProcedure { .. }
            | Statement::CreateSequence { .. }
            | Statement::CreateDomain(_)
            | Statement::CreateType { .. }
            | Statement::CreateUser(_) => self.ddl("CREATE"),
            Statement::AlterSchema(_)
            | Statement::AlterIndex { .. }
            | Statement::AlterFunction(_)
            | Statement::AlterType(_)
            | Statement::AlterCollation(_)
            | Statement::AlterOperator(_)
            | Statement::AlterOperatorFamily(_)
            | Statement::AlterOperatorClass(_)
            | Statement::AlterTextSearch(_)
            | Statement::AlterRole { .. }
            | Statement::AlterPolicy(_)
            | Statement::AlterUser(_) => self.ddl("ALTER"),
            Statement::DropFunction(_)
            | Statement::DropDomain(_)
            | Statement::DropProcedure { .. }
            | Statement::DropPolicy(_)
            | Statement::DropExtension(_)
            | Statement::DropOperator(_)
            | Statement::DropOperatorFamily(_)
            | Statement::DropOperatorClass(_)
            | Statement::DropTrigger(_) => self.ddl("DROP"),
            Statement::Comment { .. } => self.ddl("COMMENT"),
            Statement::Grant(_) => self.ddl("GRANT"),
            Statement::Revoke(_) => self.ddl("REVOKE"),
            Statement::RenameTable(tables) => {
                self.ddl("RENAME");
                for table in tables {
                    self.writes(&table.old_name);
                    self.writes(&table.new_name);
                }
            }
            Statement::OptimizeTable { name, .. } => {
                self.ddl("OPTIMIZE");
                self.writes(name);
            }

            Statement::StartTransaction {
                statements,
                exception,
                ..
            } => {
                self.verb("BEGIN", Session);
                // A block of statements, of which none is looked at.
                if !statements.is_empty() || exception.is_some() {
                    self.unknown();
                }
            }
            Statement::Commit { .. } => self.verb("COMMIT", Session),
            Statement::Rollback { .. } => self.verb("ROLLBACK", Session),
            Statement::Savepoint { .. } => self.verb("SAVEPOINT", Session),
            Statement::ReleaseSavepoint { .. } => self.verb("RELEASE", Session),
            Statement::Set(_) => self.verb("SET", Session),
            Statement::Reset(_) => self.verb("RESET", Session),
            Statement::Use(_) => self.verb("USE", Session),
            Statement::Discard { .. } => self.verb("DISCARD", Session),
            Statement::LISTEN { .. } => self.verb("LISTEN", Session),
            Statement::UNLISTEN { .. } => self.verb("UNLISTEN", Session),
            Statement::Prepare { .. } => self.verb("PREPARE", Session),
            Statement::Deallocate { .. } => self.verb("DEALLOCATE", Session),
            Statement::Lock(_) | Statement::LockTables { .. } => self.verb("LOCK", Session),
            Statement::UnlockTables => self.verb("UNLOCK", Session),
            Statement::Close { .. } => self.verb("CLOSE", Session),
            Statement::Pragma { .. } => {
                self.verb("PRAGMA", Session);
                self.returns_rows = true;
            }

            // They run, load or send what isn't in the text.
            Statement::Call(_) => self.beyond("CALL"),
            Statement::Copy { .. } => self.beyond("COPY"),
            Statement::Execute { .. } => self.beyond("EXECUTE"),
            Statement::Load { .. } | Statement::LoadData { .. } => self.beyond("LOAD"),
            Statement::AttachDatabase { .. } | Statement::AttachDuckDBDatabase { .. } => {
                self.beyond("ATTACH")
            }
            Statement::Fetch { .. } => self.beyond("FETCH"),
            Statement::Declare { .. } => self.beyond("DECLARE"),
            Statement::Analyze(_) => self.beyond("ANALYZE"),
            Statement::Vacuum(_) => self.beyond("VACUUM"),
            Statement::Flush { .. } => self.beyond("FLUSH"),
            Statement::Kill { .. } => self.beyond("KILL"),
            Statement::NOTIFY { .. } => self.beyond("NOTIFY"),

            // Statements of engines that aren't ours, which the generic grammar lets pass.
            Statement::Msck(_)
            | Statement::Install { .. }
            | Statement::Directory { .. }
            | Statement::Case(_)
            | Statement::If(_)
            | Statement::While(_)
            | Statement::Raise(_)
            | Statement::CopyIntoSnowflake { .. }
            | Statement::Open(_)
            | Statement::CreateSecret { .. }
            | Statement::CreateConnector(_)
            | Statement::AlterConnector { .. }
            | Statement::AlterSession { .. }
            | Statement::DetachDuckDBDatabase { .. }
            | Statement::DropSecret { .. }
            | Statement::DropConnector { .. }
            | Statement::ShowCatalogs { .. }
            | Statement::ShowObjects(_)
            | Statement::CreateMacro { .. }
            | Statement::CreateStage { .. }
            | Statement::CreateFileFormat { .. }
            | Statement::CreateWarehouse(_)
            | Statement::Assert { .. }
            | Statement::Deny(_)
            | Statement::Cache { .. }
            | Statement::UNCache { .. }
            | Statement::Unload { .. }
            | Statement::List(_)
            | Statement::Put { .. }
            | Statement::Remove(_)
            | Statement::RaisError { .. }
            | Statement::Throw(_)
            | Statement::Print(_)
            | Statement::WaitFor(_)
            | Statement::Return(_)
            | Statement::ExportData(_) => self.beyond(""),
        }
    }

    fn verb(&mut self, operation: &'static str, class: Class) {
        self.operation = operation;
        self.at_least(class);
    }

    fn ddl(&mut self, operation: &'static str) {
        self.verb(operation, Class::Ddl);
    }

    fn beyond(&mut self, operation: &'static str) {
        self.verb(operation, Class::Unknown);
        self.returns_rows = matches!(operation, "CALL" | "EXECUTE" | "FETCH" | "ANALYZE");
    }

    fn shows(&mut self, operation: &'static str) {
        self.verb(operation, Class::Read);
        self.returns_rows = true;
    }

    fn show_options(&mut self, options: &ShowStatementOptions) {
        let ShowStatementOptions {
            show_in: _,
            starts_with: _,
            limit,
            limit_from: _,
            filter_position,
        } = options;
        self.maybe(limit.as_ref());
        if let Some(
            ShowStatementFilterPosition::Infix(filter)
            | ShowStatementFilterPosition::Suffix(filter),
        ) = filter_position
        {
            self.show_filter(Some(filter));
        }
    }

    fn show_filter(&mut self, filter: Option<&ShowStatementFilter>) {
        match filter {
            Some(ShowStatementFilter::Where(expr)) => self.expr(expr),
            None
            | Some(
                ShowStatementFilter::Like(_)
                | ShowStatementFilter::ILike(_)
                | ShowStatementFilter::NoKeyword(_),
            ) => {}
        }
    }

    /// A plan is harmless, unless it is made by running the statement.
    fn explain(&mut self, statement: &Statement, runs: bool) {
        let mut inner = self.fresh();
        inner.statement(statement);
        let planned = matches!(
            inner.operation,
            "SELECT" | "VALUES" | "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "REPLACE"
        );
        let class = match inner.verdict() {
            Class::Read | Class::ReadLock | Class::Write if planned && !runs => Class::Read,
            class if planned || runs => class,
            _ => Class::Unknown,
        };
        self.shows("EXPLAIN");
        self.at_least(class);
        self.fault = self.fault.or(inner.fault);
        self.lists = inner.lists;
        self.volatile.append(&mut inner.volatile);
        self.reads.append(&mut inner.reads);
        if runs {
            self.writes.append(&mut inner.writes);
        } else {
            self.reads.append(&mut inner.writes);
        }
    }
}
