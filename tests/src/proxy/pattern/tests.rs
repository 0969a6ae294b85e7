use super::*;

#[test]
fn a_pattern_is_found_as_a_word_wherever_the_stream_is_cut() {
    #[track_caller]
    fn check(pieces: &[&[u8]], expected: &[bool]) {
        let mut seen = Seen::default();
        let found: Vec<bool> = pieces
            .iter()
            .map(|piece| {
                seen.push(piece);
                seen.contains(&Pattern::new(b"COMMIT"))
            })
            .collect();
        assert_eq!(found, expected, "{pieces:?}");
    }
    check(&[b"COMMIT"], &[true]);
    check(&[b"COM", b"MIT", b" "], &[false, true, false]);
    check(
        &[b"C", b"O", b"M", b"M", b"I", b"T", b"\0"],
        &[false, false, false, false, false, true, false],
    );
    check(&[b"RE", b"COMMIT"], &[false, false]);
    check(&[b"COMMIT PREPARED 'a'"], &[true]);
    check(&[b"ROLLBACK", b";COMMIT;"], &[false, true]);
    // A length of 0x41 (`A`), behind the type of a query message and behind text.
    check(&[b"Q\0\0\0ACOMMIT PREPARED"], &[true]);
    check(&[b"Q\0\0\0", b"ACOMMIT\0"], &[false, true]);
    check(&[b"...ACOMMIT\0"], &[false]);
}
