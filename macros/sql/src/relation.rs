//! Walks what stands in `FROM`: tables, joins, subqueries and table functions.

use sqlparser::ast::{
    Expr, FunctionArg, Join, JoinConstraint, JoinOperator, ObjectName, TableAlias, TableFactor,
    TableFunctionArgs, TableSample, TableSampleKind, TableVersion, TableWithJoins,
};

use crate::facts::{Facts, fold, last_part};

impl Facts {
    /// The relations of a `FROM`, a `USING` or an `UPDATE`.
    pub(crate) fn tables(&mut self, tables: &[TableWithJoins]) {
        for TableWithJoins { relation, joins } in tables {
            self.table(relation);
            for Join {
                relation,
                global: _,
                join_operator,
            } in joins
            {
                self.table(relation);
                self.join(join_operator);
            }
        }
    }

    fn join(&mut self, operator: &JoinOperator) {
        use JoinOperator as Op;
        let constraint = match operator {
            Op::Join(constraint)
            | Op::Inner(constraint)
            | Op::Left(constraint)
            | Op::LeftOuter(constraint)
            | Op::Right(constraint)
            | Op::RightOuter(constraint)
            | Op::FullOuter(constraint)
            | Op::CrossJoin(constraint)
            | Op::StraightJoin(constraint) => constraint,
            Op::Semi(_)
            | Op::LeftSemi(_)
            | Op::RightSemi(_)
            | Op::Anti(_)
            | Op::LeftAnti(_)
            | Op::RightAnti(_)
            | Op::CrossApply
            | Op::OuterApply
            | Op::AsOf { .. }
            | Op::ArrayJoin
            | Op::LeftArrayJoin
            | Op::InnerArrayJoin => return self.unknown(),
        };
        match constraint {
            JoinConstraint::On(expr) => self.expr(expr),
            JoinConstraint::Using(_) | JoinConstraint::Natural | JoinConstraint::None => {}
        }
    }

    /// One relation.
    pub(crate) fn table(&mut self, factor: &TableFactor) {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version,
                with_ordinality: _,
                partitions: _,
                json_path,
                sample,
                index_hints: _,
            } => {
                match args {
                    Some(TableFunctionArgs { args, settings }) => {
                        self.table_function(name, args);
                        if settings.is_some() {
                            self.unknown();
                        }
                    }
                    None => self.relation(name, &binding(name, alias.as_ref())),
                }
                self.exprs(with_hints);
                self.version(version.as_ref());
                self.sample(sample.as_ref());
                if json_path.is_some() {
                    self.unknown();
                }
            }
            TableFactor::Derived {
                lateral: _,
                subquery,
                alias: _,
                sample,
            } => {
                self.query(subquery);
                self.sample(sample.as_ref());
            }
            TableFactor::TableFunction { expr, alias: _ } => self.expr(expr),
            TableFactor::Function {
                lateral: _,
                name,
                args,
                with_ordinality: _,
                alias: _,
            } => {
                self.table_function(name, args);
            }
            TableFactor::UNNEST {
                alias: _,
                array_exprs,
                with_offset: _,
                with_offset_alias: _,
                with_ordinality: _,
            } => {
                self.exprs(array_exprs);
            }
            // Paths and defaults of its columns are literals.
            TableFactor::JsonTable {
                json_expr,
                json_path: _,
                columns: _,
                alias: _,
            } => self.expr(json_expr),
            TableFactor::NestedJoin {
                table_with_joins,
                alias: _,
            } => {
                self.tables(std::slice::from_ref(&**table_with_joins));
            }
            // No engine of ours has these, or, with XMLTABLE, nobody has needed it yet.
            TableFactor::OpenJsonTable { .. }
            | TableFactor::Pivot { .. }
            | TableFactor::Unpivot { .. }
            | TableFactor::UnpivotExpr { .. }
            | TableFactor::MatchRecognize { .. }
            | TableFactor::XmlTable { .. }
            | TableFactor::SemanticView { .. } => self.unknown(),
        }
    }

    fn table_function(&mut self, name: &ObjectName, args: &[FunctionArg]) {
        self.call(name, args);
        self.function_args(args);
    }

    fn version(&mut self, version: Option<&TableVersion>) {
        match version {
            None => {}
            Some(TableVersion::ForSystemTimeAsOf(expr)) => self.expr(expr),
            Some(
                TableVersion::TimestampAsOf(_)
                | TableVersion::VersionAsOf(_)
                | TableVersion::Function(_)
                | TableVersion::Changes { .. },
            ) => self.unknown(),
        }
    }

    fn sample(&mut self, sample: Option<&TableSampleKind>) {
        let Some(
            TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample),
        ) = sample
        else {
            return;
        };
        let TableSample {
            modifier: _,
            name: _,
            quantity,
            seed: _,
            bucket,
            offset,
        } = &**sample;
        self.maybe(quantity.as_ref().map(|quantity| &quantity.value));
        self.maybe(bucket.as_ref().and_then(|bucket| bucket.on.as_ref()));
        self.maybe(offset.as_ref());
    }

    /// Walks an expression where there is one.
    pub(crate) fn maybe(&mut self, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }
}

/// What a relation is called within its statement.
fn binding(name: &ObjectName, alias: Option<&TableAlias>) -> String {
    alias.map_or_else(|| last_part(name), |alias| fold(&alias.name))
}

/// What the tables in these relations are called, those in parentheses included.
pub(crate) fn bindings(tables: &[TableWithJoins]) -> Vec<String> {
    let mut found = Vec::new();
    for TableWithJoins { relation, joins } in tables {
        for factor in std::iter::once(relation).chain(joins.iter().map(|join| &join.relation)) {
            match factor {
                TableFactor::Table {
                    name,
                    alias,
                    args: None,
                    ..
                } => found.push(binding(name, alias.as_ref())),
                TableFactor::NestedJoin {
                    table_with_joins,
                    alias: _,
                } => {
                    found.extend(bindings(std::slice::from_ref(&**table_with_joins)));
                }
                // What has no name of its own can't be changed.
                _ => {}
            }
        }
    }
    found
}
