import type { Java } from '../java.ts'

/** The programs of Apache Kafka, on a machine with Java and Maven, or with Docker. */
export interface KafkaDistribution {
  java: Java
  /** Jars in a fixed order: a class archive is valid only for the order that it was made with. */
  classPath: string
  /** The folder of the class archives, with which a broker starts in half the time. */
  archives: string
}
