//go:build unix

package main

// backgroundNice is how much a program of hours makes way for others, of 0 to
// 19: about a tenth of a processor that another wants too.
const backgroundNice = 10
