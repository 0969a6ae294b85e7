//! What the promises rest on, each of which a test must be able to switch off: a check that can't fail shows nothing.
//!
//! Only the feature `test-switches` can switch anything off. Without it everything here is a constant.

/// Something that a promise rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// Keeping account of what state a connection is in (G1, G3).
    State,
    /// The guard row, which decides what became of a commit whose answer was lost (G2).
    Guard,
    /// What somebody must not read behind (G4).
    Token,
    /// That a primary of the past stays one (G1, G2, G4).
    Timeline,
}

#[cfg(feature = "test-switches")]
static OFF: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);

/// Does without a mechanism from now on, in this whole process.
#[cfg(feature = "test-switches")]
pub fn switch_off(mechanism: Mechanism) {
    OFF.fetch_or(mechanism.bit(), std::sync::atomic::Ordering::Relaxed);
}

impl Mechanism {
    #[cfg(feature = "test-switches")]
    fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Whether it is at work.
    #[cfg(feature = "test-switches")]
    pub(crate) fn is_on(self) -> bool {
        OFF.load(std::sync::atomic::Ordering::Relaxed) & self.bit() == 0
    }

    /// Whether it is at work: always.
    #[cfg(not(feature = "test-switches"))]
    pub(crate) const fn is_on(self) -> bool {
        true
    }
}
