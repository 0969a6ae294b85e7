//! The same on SeaORM: `insert_many`, and a loop of updates in a transaction.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ActiveValue, ColumnTrait as _, DatabaseConnection, DatabaseTransaction,
    DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _, TransactionTrait as _,
};

use super::peer::{Peer, Values};
use crate::Result;

mod account {
    #![expect(unreachable_pub, reason = "the derive makes its types public")]
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "accounts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub owner: String,
        pub email: String,
        pub balance: i64,
        pub visits: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use account::{ActiveModel, Column, Entity, Model};

#[derive(Clone)]
pub(crate) struct Sea {
    db: DatabaseConnection,
}

impl Sea {
    pub(crate) fn new(pool: impl Into<DatabaseConnection>) -> Self {
        Self { db: pool.into() }
    }
}

async fn get(transaction: &DatabaseTransaction, id: i64) -> Result<Model> {
    let found = Entity::find_by_id(id).one(transaction).await?;
    found.ok_or_else(|| DbErr::RecordNotFound(id.to_string()).into())
}

async fn set_balance(transaction: &DatabaseTransaction, id: i64, balance: i64) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Balance, Expr::value(balance))
        .filter(Column::Id.eq(id))
        .exec(transaction)
        .await?;
    Ok(())
}

impl Peer for Sea {
    const NAME: &'static str = "sea-orm";

    type Account = Model;

    fn account(values: Values) -> Model {
        Model {
            id: values.id,
            owner: values.owner,
            email: values.email,
            balance: values.balance,
            visits: values.visits,
        }
    }

    async fn find(&self, id: i64) -> Result<Option<Model>> {
        Ok(Entity::find_by_id(id).one(&self.db).await?)
    }

    async fn insert(&self, accounts: Vec<Model>) -> Result<()> {
        let models = accounts
            .into_iter()
            .map(ActiveModel::from)
            .map(ActiveModel::reset_all);
        Entity::insert_many(models).exec(&self.db).await?;
        Ok(())
    }

    async fn update(&self, accounts: Vec<Model>) -> Result<()> {
        let transaction = self.db.begin().await?;
        for account in accounts {
            let model = ActiveModel {
                id: ActiveValue::Unchanged(account.id),
                owner: ActiveValue::Set(account.owner),
                email: ActiveValue::Set(account.email),
                balance: ActiveValue::Set(account.balance),
                visits: ActiveValue::Set(account.visits),
            };
            model.update(&transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn transfer(&self, from: i64, to: i64, amount: i64) -> Result<()> {
        let transaction = self.db.begin().await?;
        let source = get(&transaction, from).await?;
        let target = get(&transaction, to).await?;
        set_balance(&transaction, from, source.balance - amount).await?;
        set_balance(&transaction, to, target.balance + amount).await?;
        Ok(transaction.commit().await?)
    }

    async fn rows(&self) -> Result<Vec<Model>> {
        Ok(Entity::find()
            .order_by_asc(Column::Id)
            .all(&self.db)
            .await?)
    }
}
