//! Walks queries: `WITH`, set operations, `VALUES`, and the clauses after them. `SELECT` itself is in `select`.
//!
//! Every struct is taken apart field by field, so that a field of a new version of the parser is an error and not a blind
//! spot. Clauses that none of our engines has make the statement unknown; what they hold isn't walked.

use sqlparser::ast::{
    Fetch, LimitClause, OrderBy, OrderByExpr, OrderByKind, Query, SetExpr, Values,
    WindowFrameBound, WindowSpec,
};

use crate::{Class, facts::Facts};

impl Facts {
    /// Walks a query, with the names that its `WITH` brings in force within it.
    pub(crate) fn query(&mut self, query: &Query) {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        self.with_scope(with.as_ref(), |facts| {
            facts.set_expr(body);
            facts.order_by(order_by.as_ref());
            facts.limit(limit_clause.as_ref());
            if let Some(Fetch {
                with_ties: _,
                percent: _,
                quantity,
            }) = fetch
            {
                facts.maybe(quantity.as_ref());
            }
        });
        if !locks.is_empty() {
            self.at_least(Class::ReadLock);
        }
        if for_clause.is_some()
            || settings.is_some()
            || format_clause.is_some()
            || !pipe_operators.is_empty()
        {
            self.unknown();
        }
    }

    fn set_expr(&mut self, body: &SetExpr) {
        // A chain of a thousand unions is a thousand deep on the left: that side is a loop.
        let mut left = body;
        while let SetExpr::SetOperation {
            left: next,
            op: _,
            set_quantifier: _,
            right,
        } = left
        {
            self.set_expr(right);
            left = next;
        }
        match left {
            SetExpr::SetOperation { .. } => {}
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => self.query(query),
            SetExpr::Values(Values {
                explicit_row: _,
                value_keyword: _,
                rows,
            }) => {
                for row in rows {
                    self.exprs(&row.content);
                }
            }
            SetExpr::Insert(change)
            | SetExpr::Update(change)
            | SetExpr::Delete(change)
            | SetExpr::Merge(change) => {
                self.change(change);
            }
            // Its names come without quotes, so that they can't be folded.
            SetExpr::Table(_) => self.unknown(),
        }
    }

    fn order_by(&mut self, order_by: Option<&OrderBy>) {
        let Some(OrderBy { kind, interpolate }) = order_by else {
            return;
        };
        match kind {
            OrderByKind::All(_) => {}
            OrderByKind::Expressions(exprs) => self.ordering(exprs),
        }
        if interpolate.is_some() {
            self.unknown();
        }
    }

    /// The expressions of any `ORDER BY`.
    pub(crate) fn ordering(&mut self, order: &[OrderByExpr]) {
        for OrderByExpr {
            expr,
            options: _,
            with_fill,
        } in order
        {
            self.expr(expr);
            if with_fill.is_some() {
                self.unknown();
            }
        }
    }

    fn limit(&mut self, clause: Option<&LimitClause>) {
        match clause {
            None => {}
            Some(LimitClause::LimitOffset {
                limit,
                offset,
                limit_by,
            }) => {
                self.maybe(limit.as_ref());
                self.maybe(offset.as_ref().map(|offset| &offset.value));
                self.exprs(limit_by);
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => {
                self.expr(offset);
                self.expr(limit);
            }
        }
    }

    /// A window, in `OVER` or in `WINDOW`.
    pub(crate) fn window(&mut self, spec: &WindowSpec) {
        let WindowSpec {
            window_name: _,
            partition_by,
            order_by,
            window_frame,
        } = spec;
        self.exprs(partition_by);
        self.ordering(order_by);
        let Some(frame) = window_frame else { return };
        for bound in std::iter::once(&frame.start_bound).chain(&frame.end_bound) {
            match bound {
                WindowFrameBound::CurrentRow => {}
                WindowFrameBound::Preceding(expr) | WindowFrameBound::Following(expr) => {
                    self.maybe(expr.as_deref())
                }
            }
        }
    }
}

/// Whether the rows of a query are limited, by itself or by the one query in its parentheses.
pub(crate) fn has_limit(query: &Query) -> bool {
    let clause = match &query.limit_clause {
        None => false,
        Some(LimitClause::LimitOffset {
            limit,
            offset,
            limit_by: _,
        }) => limit.is_some() || offset.is_some(),
        Some(LimitClause::OffsetCommaLimit { .. }) => true,
    };
    let inner = || matches!(&*query.body, SetExpr::Query(inner) if has_limit(inner));
    clause || query.fetch.is_some() || inner()
}
