//! Walks expressions: for subqueries, calls, and placeholders alone in `IN (..)`.

use sqlparser::ast::{
    AccessExpr, Array, BinaryOperator, CaseWhen, CeilFloorKind, Expr, Interval, MemberOf, Spanned,
    Subscript, Value, ValueWithSpan,
};

use crate::{Dialect, facts::Facts};

const NO_PLACEHOLDER: &str = "this `:` starts no placeholder: put a space before it";

impl Facts {
    pub(crate) fn exprs(&mut self, exprs: &[Expr]) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    pub(crate) fn expr(&mut self, expr: &Expr) {
        // `a + b + c + ...` is as deep as it is long on the left: that side is a loop.
        let mut left = expr;
        while let Expr::BinaryOp {
            left: next,
            op,
            right,
        } = left
        {
            // MySQL's `@a := 1` sets a variable of the session. In PostgreSQL it names an argument.
            if *op == BinaryOperator::Assignment && self.dialect != Dialect::Postgres {
                self.unknown();
            }
            self.expr(right);
            left = next;
        }
        self.operand(left);
    }

    fn operand(&mut self, expr: &Expr) {
        match expr {
            Expr::BinaryOp { .. } => self.expr(expr),
            Expr::Identifier(_)
            | Expr::CompoundIdentifier(_)
            | Expr::Wildcard(_)
            | Expr::QualifiedWildcard(..) => {}
            Expr::Value(value) => self.value(value),
            // Its value is a literal.
            Expr::TypedString(_) => {}
            Expr::MatchAgainst {
                columns: _,
                match_value,
                opt_search_modifier: _,
            } => self.value(match_value),

            Expr::IsFalse(expr)
            | Expr::IsNotFalse(expr)
            | Expr::IsTrue(expr)
            | Expr::IsNotTrue(expr)
            | Expr::IsNull(expr)
            | Expr::IsNotNull(expr)
            | Expr::IsUnknown(expr)
            | Expr::IsNotUnknown(expr)
            | Expr::Nested(expr)
            | Expr::IsJson {
                expr,
                kind: _,
                unique_keys: _,
                negated: _,
            }
            | Expr::IsNormalized {
                expr,
                form: _,
                negated: _,
            }
            | Expr::UnaryOp { op: _, expr }
            | Expr::Cast {
                kind: _,
                expr,
                data_type: _,
                format: _,
            }
            | Expr::Extract {
                field: _,
                syntax: _,
                expr,
            }
            | Expr::Collate { expr, collation: _ }
            | Expr::Prefixed {
                prefix: _,
                value: expr,
            }
            | Expr::Named { expr, name: _ } => self.expr(expr),
            Expr::Ceil { expr, field } | Expr::Floor { expr, field } => {
                self.expr(expr);
                match field {
                    CeilFloorKind::DateTimeField(_) => {}
                    CeilFloorKind::Scale(value) => self.value(value),
                }
            }
            Expr::Interval(Interval {
                value,
                leading_field: _,
                leading_precision: _,
                last_field: _,
                fractional_seconds_precision: _,
            }) => self.expr(value),

            Expr::IsDistinctFrom(left, right)
            | Expr::IsNotDistinctFrom(left, right)
            | Expr::AnyOp {
                left,
                compare_op: _,
                right,
                is_some: _,
            }
            | Expr::AllOp {
                left,
                compare_op: _,
                right,
            }
            | Expr::InUnnest {
                expr: left,
                array_expr: right,
                negated: _,
            }
            | Expr::RLike {
                negated: _,
                expr: left,
                pattern: right,
                regexp: _,
            }
            | Expr::AtTimeZone {
                timestamp: left,
                time_zone: right,
            }
            | Expr::Position {
                expr: left,
                r#in: right,
            }
            | Expr::MemberOf(MemberOf {
                value: left,
                array: right,
            }) => {
                self.expr(left);
                self.expr(right);
            }
            Expr::Like {
                negated: _,
                any: _,
                expr,
                pattern,
                escape_char,
            }
            | Expr::ILike {
                negated: _,
                any: _,
                expr,
                pattern,
                escape_char,
            }
            | Expr::SimilarTo {
                negated: _,
                expr,
                pattern,
                escape_char,
            } => {
                self.expr(expr);
                self.expr(pattern);
                self.maybe(escape_char.as_deref());
            }
            Expr::Between {
                expr,
                negated: _,
                low,
                high,
            } => {
                self.expr(expr);
                self.expr(low);
                self.expr(high);
            }
            Expr::Convert {
                is_try: _,
                expr,
                data_type: _,
                charset: _,
                target_before_value: _,
                styles,
            } => {
                self.expr(expr);
                self.exprs(styles);
            }
            Expr::Substring {
                expr,
                substring_from,
                substring_for,
                special: _,
                shorthand: _,
            } => {
                self.expr(expr);
                self.maybe(substring_from.as_deref());
                self.maybe(substring_for.as_deref());
            }
            Expr::Trim {
                trim_where: _,
                trim_what,
                expr,
                trim_characters,
            } => {
                self.expr(expr);
                self.maybe(trim_what.as_deref());
                self.exprs(trim_characters.as_deref().unwrap_or_default());
            }
            Expr::Overlay {
                expr,
                overlay_what,
                overlay_from,
                overlay_for,
            } => {
                self.expr(expr);
                self.expr(overlay_what);
                self.expr(overlay_from);
                self.maybe(overlay_for.as_deref());
            }
            Expr::Case {
                case_token: _,
                end_token: _,
                operand,
                conditions,
                else_result,
            } => {
                self.maybe(operand.as_deref());
                for CaseWhen { condition, result } in conditions {
                    self.expr(condition);
                    self.expr(result);
                }
                self.maybe(else_result.as_deref());
            }

            Expr::InList {
                expr,
                list,
                negated: _,
            } => {
                self.expr(expr);
                if let [Expr::Value(only)] = &list[..] {
                    self.lone_in(only.span.start);
                }
                self.exprs(list);
            }
            Expr::Tuple(exprs)
            | Expr::Array(Array {
                elem: exprs,
                named: _,
            }) => self.exprs(exprs),
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                for set in sets {
                    self.exprs(set);
                }
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                self.expr(root);
                for access in access_chain {
                    self.access(access);
                }
            }

            Expr::InSubquery {
                expr,
                subquery,
                negated: _,
            } => {
                self.expr(expr);
                self.query(subquery);
            }
            Expr::Exists {
                subquery,
                negated: _,
            } => self.query(subquery),
            Expr::Subquery(query) => self.query(query),
            Expr::Function(function) => self.function(function),

            // `a:b` is a path in other engines only.
            Expr::JsonAccess { value, path: _ } => self.refuse(value.span().end, NO_PLACEHOLDER),
            // Other engines' own.
            Expr::Struct { .. }
            | Expr::Dictionary(_)
            | Expr::Map(_)
            | Expr::OuterJoin(_)
            | Expr::Prior(_)
            | Expr::Lambda(_) => self.unknown(),
        }
    }

    /// A literal. Whatever the parser takes for a placeholder now is one that the scanner passed over.
    fn value(&mut self, value: &ValueWithSpan) {
        if let Value::Placeholder(_) = value.value {
            self.refuse(value.span.start, NO_PLACEHOLDER);
        }
    }

    fn access(&mut self, access: &AccessExpr) {
        match access {
            AccessExpr::Dot(expr) => self.expr(expr),
            AccessExpr::Subscript(Subscript::Index { index }) => self.expr(index),
            AccessExpr::Subscript(Subscript::Slice {
                lower_bound,
                upper_bound,
                stride,
            }) => {
                self.maybe(lower_bound.as_ref());
                self.maybe(upper_bound.as_ref());
                self.maybe(stride.as_ref());
            }
        }
    }
}
