//! Reading many rows: pages with a total, slices that go on after the last row, and streams.
//!
//! `cargo run --example pages_and_streams`

use wharf::prelude::*;

#[derive(Entity, Debug, Clone)]
#[entity(table = "readings")]
struct Reading {
    #[id]
    id: i64,
    sensor: String,
    /// Absent while the sensor is being repaired.
    celsius: Option<f64>,
}

#[repository(Reading)]
struct Readings;

#[repository]
impl Readings {
    async fn find_by_sensor(
        db: &impl Executor,
        sensor: &str,
        number: u64,
        size: u64,
    ) -> Result<Page<Reading>>;

    #[query("SELECT sensor, avg(celsius) FROM readings GROUP BY sensor ORDER BY sensor")]
    fn averages(db: &impl Executor) -> impl Stream<Item = Result<(String, Option<f64>)>>;
}

#[tokio::main]
async fn main() -> Result<()> {
    let db = Database::connect("sqlite::memory:").await?;
    db.create_table::<Reading>().await?;
    let reading = |id: i64| Reading {
        id,
        sensor: format!("sensor {}", id % 3),
        celsius: (id % 10 != 0).then_some(20.0 + (id % 7) as f64),
    };
    Readings::insert_many(&db, &(1..=1000).map(reading).collect::<Vec<_>>()).await?;

    // A page knows its total. Counted from 0, ordered by the id.
    let page = Readings::page(&db, 2, 30).await?;
    println!(
        "page {} of {}: ids {} to {}",
        page.number,
        page.pages(),
        page.items[0].id,
        page.items[29].id
    );
    let page = Readings::find_by_sensor(&db, "sensor 1", 0, 50).await?;
    println!(
        "{} readings of sensor 1 on {} pages",
        page.total,
        page.pages()
    );

    // A slice goes on where the last one ended, however deep. Rows that tie are told apart by their id, NULLs come last.
    let hottest = || Readings::filter(|r| r.sensor.ne("sensor 1")).order_by(|r| r.celsius.desc());
    let (mut cursor, mut slices, mut rows): (Option<Cursor>, _, _) = (None, 0, Vec::new());
    loop {
        let slice = hottest().after(&db, cursor.as_ref(), 100).await?;
        slices += 1;
        rows.extend(slice.items);
        let Some(next) = slice.next else { break };
        // A cursor travels as a text: in a link, say.
        cursor = Some(next.to_string().parse()?);
    }
    assert_eq!(rows.len() as u64, hottest().count(&db).await?);
    assert!(rows.last().is_some_and(|last| last.celsius.is_none()));
    println!(
        "{} rows in {slices} slices, from {:?} to {:?} degrees",
        rows.len(),
        rows[0].celsius,
        rows[rows.len() - 1].celsius
    );

    // A cursor that was altered, or that belongs to another order, is refused.
    let text = cursor.map(|cursor| cursor.to_string()).unwrap_or_default();
    println!(
        "refused: {}",
        format!("0{}", &text[1..])
            .parse::<Cursor>()
            .expect_err("it was altered")
    );
    let foreign: Cursor = text.parse()?;
    println!(
        "refused: {}",
        Readings::after(&db, Some(&foreign), 100)
            .await
            .expect_err("another order")
    );

    // A stream decodes rows while the rest is still coming; dropped early, it gives the connection back.
    let mut sum = 0.0;
    let mut warm = Readings::filter(|r| r.celsius.gte(25.0)).stream(&db);
    while let Some(reading) = warm.try_next().await? {
        sum += reading.celsius.unwrap_or_default();
    }
    println!("the warm ones sum up to {sum}");
    let first: Vec<Reading> = Readings::stream(&db).take(3).try_collect().await?;
    println!(
        "the first three are {:?}",
        first.iter().map(|reading| reading.id).collect::<Vec<_>>()
    );
    let averages: Vec<_> = Readings::averages(&db).try_collect().await?;
    for (sensor, celsius) in averages {
        println!("  {sensor}: {:.2} on average", celsius.unwrap_or_default());
    }
    db.close().await;
    Ok(())
}
