//! Which node a key belongs to: rendezvous hashing.
//!
//! Each node draws a lot for the key, by a hash of both, and the best lot wins. A node that comes takes only what it wins
//! itself, and when one goes only its own keys move: Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit
//! Rates", 1998. Lots are scaled so that shares are as the weights: Mosko, Wang and Schooler, "Weighted Rendezvous
//! Hashing", 2015 (draft). The hash is fixed, so that all processes of one configuration agree.
#![deny(clippy::disallowed_methods)]

/// A key, as it is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(u64);

/// One that keys can belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bidder {
    /// By what it is known, which no other one is.
    pub(crate) id: u32,
    /// Its share in relation to the others. One of 0 gets keys only if all have 0.
    pub(crate) weight: u32,
}

impl Key {
    /// The 64-bit FNV-1a hash of a text.
    pub(crate) fn of(text: &str) -> Self {
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self(hash)
    }

    /// The place of the one that the key belongs to; `None`, if there is nobody.
    pub(crate) fn owner(self, bidders: impl Iterator<Item = Bidder>) -> Option<usize> {
        let lots = bidders
            .enumerate()
            .map(|(place, bidder)| (self.lot(bidder), place));
        lots.max_by(|(one, _), (other, _)| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)))
            .map(|(_, place)| place)
    }

    /// Whether it is one that weighs something, and an exponential draw, negated, whose rate is the weight: the greatest of
    /// several is anyone's as often as its weight is in the sum of all.
    fn lot(self, bidder: Bidder) -> (bool, f64) {
        let drawn = mixed(self.0 ^ mixed(u64::from(bidder.id) + 1));
        // Between 0 and 1, neither of which has a logarithm to go by.
        let part = ((drawn >> 12) as f64 + 0.5) / (1_u64 << 52) as f64;
        let weight = f64::from(bidder.weight.max(1));
        (bidder.weight > 0, part.ln() / weight)
    }
}

/// The finish of SplitMix64 (Steele, Lea and Flood, 2014): every bit of the input moves half of the bits.
fn mixed(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> impl Iterator<Item = Key> {
        (0..10_000).map(|number| Key::of(&format!("tenant-{number}")))
    }

    fn bidders(weights: &[u32]) -> Vec<Bidder> {
        (0..)
            .zip(weights)
            .map(|(id, &weight)| Bidder { id, weight })
            .collect()
    }

    /// To which id each key belongs.
    fn owners(bidders: &[Bidder]) -> Vec<u32> {
        let owner = |key: Key| {
            key.owner(bidders.iter().copied())
                .expect("there is somebody")
        };
        keys().map(|key| bidders[owner(key)].id).collect()
    }

    #[test]
    fn nobody_owns_a_key_where_nobody_is() {
        assert_eq!(Key::of("a").owner(std::iter::empty()), None);
    }

    #[test]
    fn the_hash_is_the_same_everywhere() {
        // From the authors' own test vectors.
        assert_eq!(Key::of(""), Key(0xcbf2_9ce4_8422_2325));
        assert_eq!(Key::of("foobar"), Key(0x8594_4171_f739_67e8));
        let owner = |key| Key::of(key).owner(bidders(&[1, 1, 1]).into_iter());
        let owners = ["", "a", "b", "acme", "tenant-1", "tenant-2"].map(owner);
        assert_eq!(owners, [1, 2, 1, 2, 2, 2].map(Some));
    }

    #[test]
    fn keys_are_shared_out_by_weight() {
        for weights in [&[1, 1, 1, 1][..], &[1, 3], &[5, 3, 2], &[0, 7, 0], &[0, 0]] {
            let bidders = bidders(weights);
            let owners = owners(&bidders);
            let total: u32 = weights.iter().sum();
            for bidder in &bidders {
                let owned = owners.iter().filter(|owner| **owner == bidder.id).count();
                let share = match total {
                    0 => 1.0 / weights.len() as f64,
                    total => f64::from(bidder.weight) / f64::from(total),
                };
                let differs = (owned as f64 / 10_000.0 - share).abs();
                assert!(
                    differs < 0.02,
                    "{weights:?}: {owned} of 10,000 are {bidder:?}'s"
                );
            }
        }
    }

    #[test]
    fn a_node_that_comes_or_goes_moves_only_its_own_keys() {
        let few = bidders(&[1, 2, 1]);
        let more = bidders(&[1, 2, 1, 1]);
        let mut moved = 0;
        for (before, after) in owners(&few).into_iter().zip(owners(&more)) {
            assert!(after == before || after == 3, "{before} to {after}");
            moved += u32::from(after != before);
        }
        assert!((1_800..2_200).contains(&moved), "{moved} of 10,000 moved");
    }

    #[test]
    fn the_order_of_the_nodes_does_not_matter() {
        let forth = bidders(&[1, 2, 3, 4]);
        let back: Vec<_> = forth.iter().rev().copied().collect();
        assert_eq!(owners(&forth), owners(&back));
    }
}
