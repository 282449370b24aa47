// Filled by its first noun.
