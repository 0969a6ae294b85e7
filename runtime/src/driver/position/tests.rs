use super::*;

fn set(text: &str) -> GtidSet {
    GtidSet::parse(text).unwrap()
}

fn state(text: &str) -> GtidState {
    GtidState::parse(text).unwrap()
}

#[test]
fn a_place_in_the_log_is_read_and_written_as_the_server_does() {
    for text in ["0/0", "16/B374D848", "0/3000148", "FFFFFFFF/FFFFFFFF"] {
        let lsn = parse_lsn(text).unwrap();
        assert_eq!(Position::Lsn(lsn).to_string(), text);
    }
    assert_eq!(parse_lsn("16/B374D848"), Some(0x16_B374_D848));
    for text in [
        "",
        "/",
        "1",
        "1/",
        "/1",
        "1/2/3",
        "+1/2",
        "1/-2",
        "100000000/0",
        "x/1",
    ] {
        assert_eq!(parse_lsn(text), None, "{text}");
    }
}

#[test]
fn a_record_that_ends_with_its_page_ends_before_the_header_of_the_next_one() {
    for (said, meant) in [
        ("0/678018", "0/678000"),
        ("0/678000", "0/678000"),
        ("0/678020", "0/678020"),
        ("0/677FF8", "0/677FF8"),
        ("1/18", "1/0"),
        ("FFFFFFFF/FFFFFFFF", "FFFFFFFF/FFFFFFFF"),
    ] {
        assert_eq!(Position::parse(said).unwrap().to_string(), meant);
    }
}

#[test]
fn transactions_are_read_and_written_as_the_server_does() {
    for text in ["", "0-1-100", "0-1-100,1-2-5"] {
        assert_eq!(set(text).to_string(), text);
    }
    assert_eq!(set("0-1-7,0-2-9,0-3-8").to_string(), "0-2-9");
    assert_eq!(state("0-1-7,0-2-9,0-1-8").to_string(), "0-1-8,0-2-9");
    for text in [
        "0",
        "0-1",
        "0-1-2-3",
        "0-1-x",
        "0--1",
        "0-1-+2",
        ",",
        "0-1-2,",
        "4294967296-1-1",
    ] {
        assert_eq!(GtidSet::parse(text), None, "{text}");
        assert_eq!(GtidState::parse(text), None, "{text}");
    }
}

#[test]
fn a_set_reaches_another_in_every_domain() {
    let own = set("0-1-100,1-2-5");
    for (other, reached) in [
        ("", true),
        ("0-1-100", true),
        ("0-9-99,1-1-5", true),
        ("0-1-101", false),
        ("1-2-6", false),
        ("2-1-1", false),
    ] {
        assert_eq!(own.reaches(&set(other)), reached, "{other}");
    }
}

#[test]
fn a_union_reaches_both() {
    let (one, other) = (set("0-1-100,1-2-5"), set("0-2-99,1-2-6,2-1-1"));
    let union = one.union(&other);
    assert_eq!(union.to_string(), "0-1-100,1-2-6,2-1-1");
    assert!(union.reaches(&one) && union.reaches(&other));
}

#[test]
fn positions_of_two_engines_have_nothing_in_common() {
    let (lsn, gtid) = (Position::Lsn(7), Position::Gtid(set("0-1-7")));
    assert!(!lsn.reaches(&gtid) && !gtid.reaches(&lsn));
    assert_eq!(lsn.union(&gtid), None);
    assert_eq!(Position::Lsn(3).bytes_behind(&lsn), Some(4));
    assert_eq!(lsn.bytes_behind(&Position::Lsn(3)), Some(0));
    assert_eq!(gtid.bytes_behind(&gtid), None);
}

#[test]
fn a_state_tells_a_transaction_from_another_with_its_number() {
    let state = state("0-1-100,0-2-110");
    let gtid = |server, sequence| Gtid {
        domain: 0,
        server,
        sequence,
    };
    assert!(state.contains(gtid(1, 100)) && state.contains(gtid(2, 1)));
    assert!(
        !state.contains(gtid(1, 105)),
        "the domain is past 105, but server 1 isn't"
    );
    assert!(state.has_passed(gtid(1, 105)) && !state.has_passed(gtid(1, 111)));
}

#[test]
fn a_server_has_more_when_it_wrote_what_the_other_lacks() {
    let (old, new) = (state("0-1-100"), state("0-1-100,0-2-101"));
    assert!(new.has_more_of(2, &old) && !old.has_more_of(1, &new));
    let ahead = state("0-1-101");
    assert!(
        !ahead.has_more_of(2, &old),
        "what it only follows isn't its own"
    );
}
