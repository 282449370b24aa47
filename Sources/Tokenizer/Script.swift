/// The scripts that text is cut into, as SentencePiece's trainer distinguishes them: Japanese syllables count
/// as Han, and a space belongs to what is in front of it.
enum Script {
    /// A pattern that matches each run of one script.
    static func runs() throws(TokenizerError) -> RegularExpression {
        let han = #"\p{Han}\p{Hiragana}\p{Katakana}\x{30FC}"#
        let sets = [#"\p{Common}"#, #"\p{Latin}"#, han] + names.map { "\\p{\($0)}" }
        let runs = sets.map { set in
            // The prolonged sound mark is of no script by itself.
            let members = set == han ? "[\(set)]" : #"[\#(set)&&[^ \x{30FC}]]"#
            return #"(?:\#(members))(?:[ \p{Unknown}]*\#(members))*[ \p{Unknown}]*"#
        }
        return try RegularExpression(Array(runs.joined(separator: "|").utf8), path: "the scripts")
    }

    private static let names = [
        "Cyrillic", "Arabic", "Greek", "Hangul", "Hebrew", "Devanagari", "Thai", "Inherited", "Bengali",
        "Tamil", "Telugu", "Gujarati", "Gurmukhi", "Kannada", "Malayalam", "Sinhala", "Lao", "Tibetan",
        "Myanmar", "Georgian", "Armenian", "Ethiopic", "Khmer", "Mongolian", "Adlam", "Ahom",
        "Anatolian_Hieroglyphs", "Avestan", "Balinese", "Bamum", "Bassa_Vah", "Batak", "Bhaiksuki",
        "Bopomofo", "Brahmi", "Braille", "Buginese", "Buhid", "Canadian_Aboriginal", "Carian",
        "Caucasian_Albanian", "Chakma", "Cham", "Cherokee", "Coptic", "Cuneiform", "Cypriot", "Deseret",
        "Duployan", "Egyptian_Hieroglyphs", "Elbasan", "Glagolitic", "Gothic", "Grantha", "Hanunoo",
        "Hatran", "Imperial_Aramaic", "Inscriptional_Pahlavi", "Inscriptional_Parthian", "Javanese",
        "Kaithi", "Kayah_Li", "Kharoshthi", "Khojki", "Khudawadi", "Lepcha", "Limbu", "Linear_A",
        "Linear_B", "Lisu", "Lycian", "Lydian", "Mahajani", "Mandaic", "Manichaean", "Marchen",
        "Meetei_Mayek", "Mende_Kikakui", "Meroitic_Cursive", "Meroitic_Hieroglyphs", "Miao", "Modi", "Mro",
        "Multani", "Nabataean", "New_Tai_Lue", "Newa", "Nko", "Ogham", "Ol_Chiki", "Old_Hungarian",
        "Old_Italic", "Old_North_Arabian", "Old_Permic", "Old_Persian", "Old_South_Arabian", "Old_Turkic",
        "Oriya", "Osage", "Osmanya", "Pahawh_Hmong", "Palmyrene", "Pau_Cin_Hau", "Phags_Pa", "Phoenician",
        "Psalter_Pahlavi", "Rejang", "Runic", "Samaritan", "Saurashtra", "Sharada", "Shavian", "Siddham",
        "SignWriting", "Sora_Sompeng", "Sundanese", "Syloti_Nagri", "Syriac", "Tagalog", "Tagbanwa",
        "Tai_Le", "Tai_Tham", "Tai_Viet", "Takri", "Tangut", "Thaana", "Tifinagh", "Tirhuta", "Ugaritic",
        "Vai", "Warang_Citi", "Yi",
    ]
}
