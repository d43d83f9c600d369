import type { FastifyReply } from 'fastify';
import { type Problem, problemType } from '../problem/problem.ts';

/** Answers with a problem. */
export const sendProblem = <Reply extends FastifyReply>(reply: Reply, problem: Problem): Reply => {
  // A serialiser of the route would leave out what its schema does not name.
  void reply.code(problem.status).type(problemType).serializer(JSON.stringify).send(problem);
  return reply;
};
