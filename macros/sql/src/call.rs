//! Walks calls: what is passed, and the clauses that aggregates and window functions have.

use sqlparser::ast::{
    Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArgumentList,
    FunctionArguments, ListAggOnOverflow, WindowType,
};

use crate::facts::Facts;

impl Facts {
    /// A call in an expression, with all that may hang on it.
    pub(crate) fn function(&mut self, function: &Function) {
        let Function {
            name,
            uses_odbc_syntax,
            parameters,
            args,
            within_group,
            filter,
            null_treatment: _,
            over,
        } = function;
        let empty = [];
        let plain = match args {
            FunctionArguments::List(list) => &list.args[..],
            FunctionArguments::None | FunctionArguments::Subquery(_) => &empty,
        };
        self.call(name, plain);
        self.arguments(args);
        match parameters {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(_) | FunctionArguments::List(_) => self.unknown(),
        }
        self.ordering(within_group);
        self.maybe(filter.as_deref());
        match over {
            None | Some(WindowType::NamedWindow(_)) => {}
            Some(WindowType::WindowSpec(spec)) => self.window(spec),
        }
        if *uses_odbc_syntax {
            self.unknown();
        }
    }

    fn arguments(&mut self, arguments: &FunctionArguments) {
        let FunctionArgumentList {
            duplicate_treatment: _,
            args,
            clauses,
        } = match arguments {
            FunctionArguments::None => return,
            FunctionArguments::Subquery(query) => return self.query(query),
            FunctionArguments::List(list) => list,
        };
        self.function_args(args);
        for clause in clauses {
            match clause {
                FunctionArgumentClause::IgnoreOrRespectNulls(_)
                | FunctionArgumentClause::Separator(_)
                | FunctionArgumentClause::JsonNullClause(_)
                | FunctionArgumentClause::JsonReturningClause(_)
                | FunctionArgumentClause::OnOverflow(ListAggOnOverflow::Error) => {}
                FunctionArgumentClause::OnOverflow(ListAggOnOverflow::Truncate {
                    filler,
                    with_count: _,
                }) => {
                    self.maybe(filler.as_deref());
                }
                FunctionArgumentClause::Where(expr) | FunctionArgumentClause::Limit(expr) => {
                    self.expr(expr)
                }
                FunctionArgumentClause::OrderBy(order) => self.ordering(order),
                FunctionArgumentClause::Having(bound) => self.expr(&bound.1),
            }
        }
    }

    /// What is passed to a function.
    pub(crate) fn function_args(&mut self, args: &[FunctionArg]) {
        for arg in args {
            let arg = match arg {
                FunctionArg::Unnamed(arg)
                | FunctionArg::Named {
                    name: _,
                    arg,
                    operator: _,
                } => arg,
                FunctionArg::ExprNamed {
                    name,
                    arg,
                    operator: _,
                } => {
                    self.expr(name);
                    arg
                }
            };
            match arg {
                FunctionArgExpr::Expr(expr) => self.expr(expr),
                FunctionArgExpr::QualifiedWildcard(_) | FunctionArgExpr::Wildcard => {}
                FunctionArgExpr::WildcardWithOptions(options) => self.wildcard(options),
            }
        }
    }
}
