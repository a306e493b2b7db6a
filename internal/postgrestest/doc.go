// Package postgrestest starts a PostgreSQL server of a test's own, which the test may kill, stop and start again as it likes.
//
// It takes the newest server that is installed, and gives it a directory and a port. It runs on Linux alone: there what the server has started can be told, and ends with the
// test whatever becomes of that. The test imports the driver that is named "pgx".
package postgrestest
