//! What a cold debug build costs: the same small program on Wharf and on sqlx.

mod project;

use project::Project;

use crate::directory::Directory;
use crate::statistics::median;
use crate::{Result, machine};

/// Measures and prints `build cold-debug sqlx RATIO`: Wharf's CPU time over sqlx's.
pub(crate) fn run(rounds: u32) -> Result<()> {
    println!("machine {}", machine::processor());
    println!("with {}", machine::library("sqlx"));
    let directory = Directory::create("build")?;
    let wharf = Project::on_wharf(directory.path())?;
    let sqlx = Project::on_sqlx(directory.path())?;
    let mut ratios = Vec::new();
    for round in 0..rounds {
        let mut builds = [(&wharf, 0.0), (&sqlx, 0.0)];
        if round % 2 == 1 {
            builds.reverse();
        }
        for (project, seconds) in &mut builds {
            *seconds = project.build_cold()?.as_secs_f64();
            println!("# {}: {seconds:.1} s of CPU time", project.name());
        }
        builds.sort_by_key(|(project, _)| project.name() != wharf.name());
        ratios.push(builds[0].1 / builds[1].1);
    }
    println!("build cold-debug sqlx {:.2}", median(ratios));
    Ok(())
}
