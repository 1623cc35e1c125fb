//! The 64 emoji of the SAS. They are easy to tell apart when small, and so are their
//! names over a bad line; each is one code point that needs no variation selector.

/// One of the SAS emoji, with its name to read aloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Emoji {
    /// The emoji, one code point.
    pub symbol: &'static str,
    /// Its name in English, in lower case.
    pub name: &'static str,
}

const fn e(symbol: &'static str, name: &'static str) -> Emoji {
    Emoji { symbol, name }
}

/// By number, 0 to 63. The order is part of the protocol (`docs/protocol.md`).
pub const EMOJI: [Emoji; 64] = [
    e("🍎", "apple"),
    e("🚀", "rocket"),
    e("🐘", "elephant"),
    e("🎸", "guitar"),
    e("🌵", "cactus"),
    e("🔑", "key"),
    e("🐳", "whale"),
    e("⏰", "clock"),
    e("🍕", "pizza"),
    e("🎈", "balloon"),
    e("🦋", "butterfly"),
    e("🚲", "bicycle"),
    e("🌙", "moon"),
    e("🔨", "hammer"),
    e("🍋", "lemon"),
    e("🐧", "penguin"),
    e("🎺", "trumpet"),
    e("⛵", "sailboat"),
    e("🐢", "turtle"),
    e("🍄", "mushroom"),
    e("📷", "camera"),
    e("🎩", "top hat"),
    e("🐙", "octopus"),
    e("🌋", "volcano"),
    e("🍌", "banana"),
    e("🚂", "train"),
    e("🐸", "frog"),
    e("🎁", "gift"),
    e("⚽", "football"),
    e("🌻", "sunflower"),
    e("🔔", "bell"),
    e("🐍", "snake"),
    e("🍩", "doughnut"),
    e("⛺", "tent"),
    e("🐄", "cow"),
    e("🎲", "dice"),
    e("🌈", "rainbow"),
    e("📚", "books"),
    e("🐓", "rooster"),
    e("🍇", "grapes"),
    e("🚁", "helicopter"),
    e("👑", "crown"),
    e("🐼", "panda"),
    e("🎹", "piano"),
    e("🌲", "pine tree"),
    e("🔦", "flashlight"),
    e("🐯", "tiger"),
    e("🍉", "watermelon"),
    e("🚜", "tractor"),
    e("☔", "umbrella"),
    e("🦊", "fox"),
    e("🎯", "dartboard"),
    e("🌽", "corn"),
    e("🔭", "telescope"),
    e("🐊", "crocodile"),
    e("🍦", "ice cream"),
    e("🚑", "ambulance"),
    e("💎", "diamond"),
    e("🐑", "sheep"),
    e("💡", "light bulb"),
    e("🔥", "fire"),
    e("👻", "ghost"),
    e("🏠", "house"),
    e("⚓", "anchor"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn emoji_are_distinct() {
        let symbols: HashSet<_> = EMOJI.iter().map(|e| e.symbol).collect();
        let names: HashSet<_> = EMOJI.iter().map(|e| e.name).collect();
        assert_eq!((symbols.len(), names.len()), (64, 64));
        for emoji in EMOJI {
            assert_eq!(emoji.symbol.chars().count(), 1, "{}", emoji.name);
        }
    }
}
