//! What the macros refuse, with every message once, and what they must accept.

#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "what must compile is not used"
)]

#[path = "../ui/pass/names.rs"]
mod names;
#[path = "../ui/pass/repository.rs"]
mod repository;
#[path = "../ui/pass/transactional.rs"]
mod transactional;

#[test]
fn mistakes_are_told_at_the_word() {
    trybuild::TestCases::new().compile_fail("ui/fail/*.rs");
}

#[test]
fn what_must_compile_runs() {
    names::main();
    repository::main();
    transactional::main();
}
