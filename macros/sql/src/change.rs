//! Walks the statements that change rows, and tells the tables that they write from those that they only read.

use sqlparser::ast::{
    Assignment, AssignmentTarget, Delete, DoUpdate, FromTable, Insert, Merge, MergeAction,
    MergeClause, MergeInsertExpr, MergeInsertKind, MergeUpdateExpr, MergeUpdateKind, ObjectName,
    OnConflictAction, OnInsert, OutputClause, SelectItem, Statement, TableFactor, TableObject,
    TableWithJoins, Update, UpdateTableFromKind,
};

use crate::{
    Class,
    facts::{Facts, fold, last_part},
    relation::bindings,
};

impl Facts {
    /// A statement that changes rows, alone, in a `WITH`, or as the body of one.
    pub(crate) fn change(&mut self, statement: &Statement) {
        match statement {
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            Statement::Merge(merge) => self.merge(merge),
            _ => self.unknown(),
        }
    }

    fn insert(&mut self, insert: &Insert) {
        let Insert {
            insert_token: _,
            optimizer_hints: _,
            or: _,
            ignore: _,
            into: _,
            table,
            table_alias: _,
            columns: _,
            overwrite,
            source,
            assignments,
            partitioned: _,
            after_columns: _,
            has_table_keyword: _,
            on,
            returning,
            output,
            replace_into: _,
            priority: _,
            insert_alias: _,
            settings,
            format_clause,
            multi_table_insert_type,
            multi_table_into_clauses: _,
            multi_table_when_clauses: _,
            multi_table_else_clause: _,
        } = insert;
        self.at_least(Class::Write);
        match table {
            TableObject::TableName(name) => self.writes(name),
            TableObject::TableFunction(_) | TableObject::TableQuery(_) => self.unknown(),
        }
        if let Some(source) = source {
            self.query(source);
        }
        self.assignments(assignments);
        match on {
            None => {}
            Some(OnInsert::DuplicateKeyUpdate(assignments)) => self.assignments(assignments),
            Some(OnInsert::OnConflict(conflict)) => match &conflict.action {
                OnConflictAction::DoNothing => {}
                OnConflictAction::DoUpdate(DoUpdate {
                    assignments,
                    selection,
                }) => {
                    self.assignments(assignments);
                    self.maybe(selection.as_ref());
                }
            },
            Some(_) => self.unknown(),
        }
        self.returning(returning.as_deref(), output.as_ref());
        // The partitions of MySQL's INSERT are names; the rest isn't known to our engines.
        if *overwrite
            || settings.is_some()
            || format_clause.is_some()
            || multi_table_insert_type.is_some()
        {
            self.unknown();
        }
    }

    fn update(&mut self, update: &Update) {
        let Update {
            update_token: _,
            optimizer_hints: _,
            table,
            assignments,
            from,
            selection,
            returning,
            output,
            or: _,
            order_by,
            limit,
        } = update;
        self.at_least(Class::Write);
        let table = std::slice::from_ref(table);
        let targets = assigned(&bindings(table), assignments);
        self.with_targets(targets, |facts| facts.tables(table));
        if let Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) =
            from
        {
            self.tables(from);
        }
        self.assignments(assignments);
        self.maybe(selection.as_ref());
        self.returning(returning.as_deref(), output.as_ref());
        self.ordering(order_by);
        self.maybe(limit.as_ref());
    }

    fn delete(&mut self, delete: &Delete) {
        let Delete {
            delete_token: _,
            optimizer_hints: _,
            tables,
            from,
            using,
            selection,
            returning,
            output,
            order_by,
            limit,
        } = delete;
        self.at_least(Class::Write);
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = from;
        if tables.is_empty() {
            self.delete_from(from, using.as_deref());
        } else {
            // MySQL: DELETE a, b FROM t AS a JOIN ..
            self.delete_bound(tables, from);
            self.tables(using.as_deref().unwrap_or_default());
        }
        self.maybe(selection.as_ref());
        self.returning(returning.as_deref(), output.as_ref());
        self.ordering(order_by);
        self.maybe(limit.as_ref());
    }

    /// `DELETE FROM t USING u`: in MySQL `t` is one of the relations after `USING`, in PostgreSQL it is one more.
    fn delete_from(&mut self, from: &[TableWithJoins], using: Option<&[TableWithJoins]>) {
        let using = using.unwrap_or_default();
        let bound = bindings(using);
        for table in from {
            let one = std::slice::from_ref(table);
            let first = bindings(one).into_iter().take(1).collect::<Vec<_>>();
            if first.is_empty() {
                self.unknown();
            }
            if table.joins.is_empty() && first.iter().any(|target| bound.contains(target)) {
                continue;
            }
            self.with_targets(first, |facts| facts.tables(one));
        }
        let targets = bindings(from)
            .into_iter()
            .filter(|target| bound.contains(target))
            .collect();
        self.with_targets(targets, |facts| facts.tables(using));
    }

    fn delete_bound(&mut self, targets: &[ObjectName], from: &[TableWithJoins]) {
        let bound = bindings(from);
        for target in targets {
            if !bound.contains(&last_part(target)) {
                self.writes(target);
            }
        }
        self.with_targets(targets.iter().map(last_part).collect(), |facts| {
            facts.tables(from)
        });
    }

    fn merge(&mut self, merge: &Merge) {
        let Merge {
            merge_token: _,
            optimizer_hints: _,
            into: _,
            table,
            source,
            on,
            clauses,
            output,
        } = merge;
        self.at_least(Class::Write);
        match table {
            TableFactor::Table {
                name, args: None, ..
            } => self.writes(name),
            _ => self.unknown(),
        }
        self.table(source);
        self.expr(on);
        for MergeClause {
            when_token: _,
            clause_kind: _,
            predicate,
            action,
        } in clauses
        {
            self.maybe(predicate.as_ref());
            match action {
                MergeAction::Insert(MergeInsertExpr {
                    kind,
                    insert_predicate,
                    ..
                }) => {
                    match kind {
                        MergeInsertKind::Values(values) => {
                            for row in &values.rows {
                                self.exprs(&row.content);
                            }
                        }
                        MergeInsertKind::Row | MergeInsertKind::Wildcard => {}
                    }
                    self.maybe(insert_predicate.as_ref());
                }
                MergeAction::Update(MergeUpdateExpr {
                    update_token: _,
                    kind,
                    update_predicate,
                    delete_predicate,
                }) => {
                    match kind {
                        MergeUpdateKind::Set(assignments) => self.assignments(assignments),
                        MergeUpdateKind::Wildcard => {}
                    }
                    self.maybe(update_predicate.as_ref());
                    self.maybe(delete_predicate.as_ref());
                }
                MergeAction::Delete { delete_token: _ } | MergeAction::DoNothing { .. } => {}
            }
        }
        self.returning(None, output.as_ref());
    }

    fn assignments(&mut self, assignments: &[Assignment]) {
        for Assignment { target: _, value } in assignments {
            self.expr(value);
        }
    }

    fn returning(&mut self, items: Option<&[SelectItem]>, output: Option<&OutputClause>) {
        self.select_items(items.unwrap_or_default());
        match output {
            None => {}
            Some(OutputClause::Returning {
                returning_token: _,
                select_items,
            }) => self.select_items(select_items),
            Some(OutputClause::Output { .. }) => self.unknown(),
        }
    }
}

/// Which of the relations of an `UPDATE` are assigned to. All of them, when a column doesn't say whose it is.
fn assigned(bound: &[String], assignments: &[Assignment]) -> Vec<String> {
    let mut found = Vec::new();
    for assignment in assignments {
        let columns = match &assignment.target {
            AssignmentTarget::ColumnName(column) => std::slice::from_ref(column),
            AssignmentTarget::Tuple(columns) => columns,
        };
        for ObjectName(parts) in columns {
            let qualifier = parts
                .len()
                .checked_sub(2)
                .and_then(|place| parts[place].as_ident())
                .map(fold);
            match qualifier {
                Some(table) if bound.contains(&table) => found.push(table),
                _ => return bound.to_vec(),
            }
        }
    }
    if found.is_empty() {
        bound.to_vec()
    } else {
        found
    }
}

/// Whether a change answers with rows.
pub(crate) fn answers(statement: &Statement) -> bool {
    match statement {
        Statement::Insert(insert) => insert.returning.is_some() || insert.output.is_some(),
        Statement::Update(update) => update.returning.is_some() || update.output.is_some(),
        Statement::Delete(delete) => delete.returning.is_some() || delete.output.is_some(),
        Statement::Merge(merge) => merge.output.is_some(),
        _ => false,
    }
}
