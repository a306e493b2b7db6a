// Package redactslog keeps personal data out of logs: a [slog.Handler] in front of any other that passes on what is clean and withholds the rest.
//
//	logger := slog.New(redactslog.New(slog.NewJSONHandler(os.Stderr, nil)))
//	logger.Info("order taken", "order", order, "email", customer.Email)
//
// # What is withheld
//
//   - By type: sealed and revealed values of package pii, which show their kind; at any depth, whatever has a method Plaintext; and the
//     types of [WithType]. What has a method LogValue is taken at its word, and the word is searched.
//   - By key: attributes, fields and keys of maps of a name that tells what they hold, such as "password", and those of [WithKeys].
//   - By tag: fields with the tag redact:"secret", and those of [WithTag].
//   - By shape: in every other text, the message, keys and errors too, what package scrub finds is replaced.
//
// The first three put [Withheld] in the place of the whole value, whatever its kind. They reach through groups, pointers, interfaces, structs with their embedded and
// private fields, maps, slices and arrays. The last keeps the rest of the text: "call from [PHONE_1]".
//
// # What the inner handler gets
//
// A record in which nothing is withheld is passed on as it came. Otherwise the attribute concerned is replaced: a struct, map or
// slice by plain data that encodes to JSON and prints as the original would with the withheld parts replaced. It has the same
// names, order and omissions, but the inner handler cannot find the original type any more.
//
// What the methods of a type print, such as String, Error, MarshalJSON, MarshalText and Format, is searched and passed on, never the value itself:
// a method might answer otherwise the second time. If a value holds something withheld by type, key or tag, its methods are not called, since
// they might print it: its parts are written. An error that holds or wraps such a thing is withheld as a whole, since errors put the texts of
// others into their own. A value's LogValue is called at any depth, though log/slog calls it only at the top.
//
// What is behind a pointer in a private field is not looked at. No handler prints it, and it may be most of the program: the context of a
// request leads to its server. A map in a private field is withheld unread, because its owner may be writing to it, and Go ends a
// program that reads a map meanwhile. A method that prints either is searched like any other.
//
// # Failure
//
// The handler never panics and never passes on what it could not check. A method that panics or fails, a value nested deeper than 32 levels, a cycle, and what
// goes beyond 65536 values in one attribute are withheld. The inner handler's own panics and errors are its own. A method that calls itself
// without end ends the program, as it would anywhere.
//
// # Cost
//
// A log says the same again and again, so texts of up to 256 bytes in which nothing was found are remembered and not searched again: no text is kept, but
// 64-bit hashes of at most 1024 texts and 1024 keys, 16 KiB in all for a handler and those made from it. The hash has a random key of that handler. It is
// no cryptographic hash; by chance, a text with something in it passes for a remembered one once in 2⁵³ texts. A text that is new is searched each time.
//
// # What it does not do
//
// Numbers are not searched: a telephone number logged as an integer shows unless its key, tag or type withholds it. What is encoded, such as base64 in a
// string, is not decoded, and JSON in a string is text, whose keys withhold nothing. The name of a time's zone is not searched, nor what the inner handler adds, such as
// source lines. A value that another goroutine changes while it is logged may change after it was checked. Names and places are found by package scrub as well as it
// can; a log is cleaner if they are not written to it.
//
// Go does not record which type another was defined from: after type Work Email, where Email is a string, [WithType] of Email does not match Work. Mark such types by
// a method, and pass the interface that has it to WithType.
package redactslog
