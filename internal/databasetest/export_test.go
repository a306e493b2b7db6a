package databasetest

// Split is split, which tests look at.
var Split = split
