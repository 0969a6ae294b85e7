//! Walks `SELECT`: outputs, relations, conditions, groups and named windows.
//!
//! What `query` says about fields and foreign clauses holds here, too.

use sqlparser::ast::{
    ConnectByKind, Distinct, Expr, GroupByExpr, GroupByWithModifier, NamedWindowExpr, Select,
    SelectInto, SelectItem, SelectItemQualifiedWildcardKind, Top, TopQuantity,
    WildcardAdditionalOptions,
};

use crate::{Class, Dialect, facts::Facts};

impl Facts {
    /// A `SELECT`, without what belongs to the query around it.
    pub(crate) fn select(&mut self, select: &Select) {
        let Select {
            select_token: _,
            optimizer_hints: _,
            distinct,
            select_modifiers: _,
            top,
            top_before_distinct: _,
            projection,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode,
            flavor: _,
        } = select;
        if let Some(Distinct::On(exprs)) = distinct {
            self.exprs(exprs);
        }
        if let Some(Top {
            with_ties: _,
            percent: _,
            quantity,
        }) = top
        {
            self.unknown();
            if let Some(TopQuantity::Expr(expr)) = quantity {
                self.expr(expr);
            }
        }
        self.select_items(projection);
        if let Some(into) = into {
            self.select_into(into);
        }
        self.tables(from);
        self.maybe(selection.as_ref());
        self.group_by(group_by);
        self.maybe(having.as_ref());
        for window in named_window {
            match &window.1 {
                NamedWindowExpr::NamedWindow(_) => {}
                NamedWindowExpr::WindowSpec(spec) => self.window(spec),
            }
        }
        for connect in connect_by {
            match connect {
                ConnectByKind::ConnectBy { .. } | ConnectByKind::StartWith { .. } => self.unknown(),
            }
        }
        let foreign = exclude.is_some()
            || prewhere.is_some()
            || qualify.is_some()
            || value_table_mode.is_some()
            || !(lateral_views.is_empty()
                && cluster_by.is_empty()
                && distribute_by.is_empty()
                && sort_by.is_empty());
        if foreign {
            self.unknown();
        }
    }

    /// PostgreSQL makes a table of it. MySQL sets variables or writes a file.
    fn select_into(&mut self, into: &SelectInto) {
        let SelectInto {
            temporary: _,
            unlogged: _,
            table: _,
            targets,
        } = into;
        if self.dialect != Dialect::Postgres {
            return self.unknown();
        }
        self.at_least(Class::Ddl);
        for target in targets {
            match target {
                Expr::Identifier(table) => self.writes(&table.clone().into()),
                Expr::CompoundIdentifier(parts) => self.writes(&parts.clone().into()),
                _ => self.unknown(),
            }
        }
    }

    /// The outputs of a `SELECT` or a `RETURNING`.
    pub(crate) fn select_items(&mut self, items: &[SelectItem]) {
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr)
                | SelectItem::ExprWithAlias { expr, alias: _ }
                | SelectItem::ExprWithAliases { expr, aliases: _ } => self.expr(expr),
                SelectItem::QualifiedWildcard(kind, options) => {
                    if let SelectItemQualifiedWildcardKind::Expr(expr) = kind {
                        self.expr(expr);
                    }
                    self.wildcard(options);
                }
                SelectItem::Wildcard(options) => self.wildcard(options),
            }
        }
    }

    /// A `*`; none of our engines lets it be changed.
    pub(crate) fn wildcard(&mut self, options: &WildcardAdditionalOptions) {
        let WildcardAdditionalOptions {
            wildcard_token: _,
            opt_ilike,
            opt_exclude,
            opt_except,
            opt_replace,
            opt_rename,
            opt_alias: _,
        } = options;
        let changed = opt_ilike.is_some()
            || opt_exclude.is_some()
            || opt_except.is_some()
            || opt_replace.is_some()
            || opt_rename.is_some();
        if changed {
            self.unknown();
        }
    }

    fn group_by(&mut self, group_by: &GroupByExpr) {
        let modifiers = match group_by {
            GroupByExpr::All(modifiers) => modifiers,
            GroupByExpr::Expressions(exprs, modifiers) => {
                self.exprs(exprs);
                modifiers
            }
        };
        for modifier in modifiers {
            match modifier {
                GroupByWithModifier::Rollup
                | GroupByWithModifier::Cube
                | GroupByWithModifier::Totals => {}
                GroupByWithModifier::GroupingSets(expr) => self.expr(expr),
            }
        }
    }
}
